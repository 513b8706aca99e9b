"""Calibration, bars."""
