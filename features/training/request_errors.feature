Feature: A training request that cannot work is refused with a reason
  Whoever mistypes a request wants to be told what is wrong with it, and KTRDR to go on working.
  Flow: client -> backend.

  @category:error @milestone:API @criterion:S10 @needs:training-worker @uses:training-worker @severity:major @id:4.1
  Scenario: A training with an unknown strategy is refused and the message names it
    When I ask for a training with the unknown strategy "nonexistent_strategy_xyz"
    Then the request is refused as a client error
    And the message names "nonexistent_strategy_xyz"
    And the answer shows no stack trace
    And no training has been started
    And a new training can start

  @category:error @milestone:NAM-Ph0 @criterion:D48 @severity:major @id:training-invalid-strategy
  Scenario: A training with an invalid strategy is refused and the message names its fault
    When I ask for a training with the unknown strategy "invalid_missing_fuzzy_sets"
    Then the request is refused as a client error
    And the message names "ema_20"
    And the answer shows no stack trace
    And no training has been started

  @category:error @milestone:API @criterion:S10 @severity:major @id:training-bad-date
  Scenario: A training with a start date that is not a date is refused and the message names it
    When I ask for a training with the start date "not-a-date"
    Then the request is refused as a client error
    And the message names "not-a-date"
    And the answer shows no stack trace
    And no training has been started
    And the backend is still healthy
