"""Brings a trip file into a folder, whole and verified."""

from __future__ import annotations

from nyc_tlc.landing.download import download
from nyc_tlc.landing.landed import LandedFile
from nyc_tlc.landing.remote import RemoteFile, probe

__all__ = ["LandedFile", "RemoteFile", "download", "probe"]
