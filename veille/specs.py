"""The settings as the plain values the layers below are told: one function a layer."""

from __future__ import annotations

import os
from datetime import timedelta

from crawlers.spec import MIB, EngineSpec
from pipeline.session import SessionSpec
from veille.settings import Settings


def session_spec(settings: Settings, clock_offset: timedelta) -> SessionSpec:
    """What a session is told. `readers` 0 becomes one a core this process may use."""
    return SessionSpec(
        engine=engine_spec(settings, clock_offset),
        readers=settings.readers or len(os.sched_getaffinity(0)),
        page_timeout=settings.page_timeout,
    )


def engine_spec(settings: Settings, clock_offset: timedelta) -> EngineSpec:
    """What a fetching process is told; the session adds its owner."""
    return EngineSpec(
        database_url=settings.database,
        archive=settings.archive_folder,
        source_folders=settings.sources,
        bundled_sources=settings.bundled_sources,
        contact=settings.contact,
        user_agent=settings.user_agent,
        resolve=dict(settings.resolve),
        allow_networks=settings.allow_networks,
        proxy=settings.proxy,
        obey_noindex=settings.obey_noindex,
        ca_file=settings.ca_file,
        clock_offset=clock_offset,
        concurrency=settings.concurrency,
        timeout=settings.download_timeout,
        max_bytes=int(settings.max_page_mb * MIB),
        max_sitemap_bytes=int(settings.max_sitemap_mb * MIB),
        recycle_after=settings.engine_pages,
        log_level=settings.log_level.upper(),
    )
