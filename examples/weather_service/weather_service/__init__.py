"""Forecasts and weather alerts for a list of cities."""
