"""Calibration, bars, strategies."""
