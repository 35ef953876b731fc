"""Where the writer is: the nearest of the shop's stores."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from bot.conversation.turn import Turn
from shop.model import Store

EARTH_RADIUS_KM = 6371.0


def nearest_store(turn: Turn) -> tuple[Store, float] | None:
    """The store nearest to the place that was sent and how far it is in km; None when nobody can tell."""
    latitude, longitude = turn.incoming.latitude, turn.incoming.longitude
    if latitude is None or longitude is None:
        return None
    placed = [
        (store, distance_between_km(latitude, longitude, store.latitude, store.longitude))
        for store in turn.house.shop.stores
        if store.latitude is not None and store.longitude is not None
    ]
    return min(placed, key=lambda pair: pair[1], default=None)


def distance_text(distance_km: float) -> str:
    """1.2 公里, 350 米."""
    if distance_km >= 1:
        return f"{distance_km:.1f} 公里"
    return f"{max(10, round(distance_km * 100) * 10)} 米"


def distance_between_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in kilometres between two points in degrees (haversine)."""
    half_lat, half_lon = radians(lat2 - lat1) / 2, radians(lon2 - lon1) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(chord))
