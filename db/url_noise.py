"""The parts of an address that name no article: tracking and session parameters, and the ways sites mark AMP, print and mobile views.

Data only; `db.identity` owns the rules that use it.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRACKING_PREFIXES = ("utm_", "mtm_", "hsa_", "at_", "ns_", "fb_", "itm_", "_x_tr_", "__cf_chl", "aspsessionid")

TRACKING = _words("""
    __hssc __hstc __s __twitter_impression _branch_match_id _ga _gl _hsenc _hsmi _openstat action_object_map action_ref_map
    action_type_map cmp cmpid cn-reloaded dclid dicbo echobox efid epik fbclid ftag gaa_at gad_source gbraid gclid gclsrc hootpostid
    hsctatracking icid igsh igshid intcmp ito li_fat_id mbid mc_cid mc_eid mkt_tok msclkid ncid obocid oborigurl ocid oly_anon_id
    oly_enc_id pk_campaign pk_kwd pk_source ref_src ref_url referrer replytocom rb_clickid s_cid s_kwcid sara_ref share shared smid smtyp
    spm sr_share tblci tpcc trk ttclid twclid vero_conv vero_id wbraid wickedid wt.mc_id wt_mc wt_zmc xtcr xtmc xtor xtref
    yclid ysclid zanpid
    """)
"""Parameters that only say where the reader came from, in lower case."""

SESSIONS = _words("cfid cftoken jsessionid oscsid phpsessid session_id sessionid zenid")
"""Parameters that only name a visit. `sid` is told by its value: PHP-Nuke numbers its articles by it."""

REFERRER_NAMES = _words("from origin ref source src via")
REFERRER_VALUES = _words("""
    amp app article bluesky email facebook fb feed flipboard footer google googlenews header home homepage instagram linkedin mail menu
    mobile nav newsletter push related rss sidebar share social telegram tw twitter web whatsapp x
    """)
"""Names that sometimes choose the content: dropped only with one of these values."""

VIEW_NAMES = _words("amp amp_js_v imprimer imprimir mobile noamp nomobile print printable usqp wpamp wpmp_switcher")
"""Parameters that only choose a view of the same article, whatever their value."""

VIEW_VALUES = frozenset(
    {
        ("format", "amp"),
        ("format", "print"),
        ("m", "0"),
        ("m", "1"),
        ("output", "amp"),
        ("output", "print"),
        ("outputtype", "amp"),
        ("outputtype", "default"),
        ("page", "amp"),
        ("page", "imprimer"),
        ("page", "print"),
        ("tmpl", "component"),
        ("type", "amp"),
        ("view", "amp"),
        ("view", "mobile"),
        ("view", "print"),
    }
)

VIEW_HOSTS = ("www.", "m.", "mobile.", "amp.")
"""Leading labels of hosts that show the same articles."""

SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*|/\(S\([a-z0-9]{20,30}\)\)(?=/|$)", re.IGNORECASE)
"""`/page.jsp;jsessionid=1A2B` (servlets) and `/(S(lit3py55t21z5v55vlm25s55))/page` (ASP.NET)."""

VIEW_SUFFIX = re.compile(r"/(?:amp|print|imprimer|imprimir)(?:\.html?)?$|\.amp$", re.IGNORECASE)
VIEW_INFIX = re.compile(r"\.(?:amp|print)(?=\.html?$)", re.IGNORECASE)
VIEW_PREFIX = re.compile(r"^/amp(?=/.)", re.IGNORECASE)
INDEX_PAGE = re.compile(r"/index\.(?:html?|php|asp|aspx|jsp)$", re.IGNORECASE)
