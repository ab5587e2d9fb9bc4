"""Yingshang 营商: an open digital business-environment platform."""

from importlib.metadata import version

__version__ = version("yingshang")
