"""What steps speak to: trainings, workers, the platform, operations lists."""
