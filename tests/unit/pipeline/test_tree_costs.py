"""What makes a page's tree cheaper to read, and must change nothing that is read."""

import re

from pipeline.steps.lexicon import plain
from pipeline.steps.tree import has_word, parse, silence, words_of

PAGE = """<html><head><style>p {}</style><script>var a = "le port";</script>
<script type="application/ld+json">{"@type": "NewsArticle"}</script></head>
<body><p class="Author-Name" id="x">Le port<script>b()</script> rouvre</p><p>lundi</p></body></html>"""


def test_only_statements_remain_of_scripts():
    tree = parse(PAGE)
    before = words_of(tree)
    silence(tree)
    assert [script.text for script in tree.iter("script", "style")] == [None, None, '{"@type": "NewsArticle"}', None]
    assert words_of(tree) == before
    assert before.split() == ["Le", "port", "rouvre", "lundi"]


def test_names_match_in_capitals_unless_the_pattern_tells_letters_apart():
    paragraph = next(parse(PAGE).iter("p"))
    assert has_word(paragraph, re.compile("author", re.IGNORECASE))
    assert has_word(paragraph, re.compile(r"Author-\S", re.IGNORECASE))
    assert not has_word(paragraph, re.compile("author"))


def test_folding_by_either_way_gives_one_spelling():
    assert plain("L’État «‘n’» ﬁn") == "l'etat «'n'» fin"
    assert plain("١٢ أحمد’s مُدَرِّسَة ﷲ") == "12 احمد's مدرسه الله"
