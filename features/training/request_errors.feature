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

  @category:error @milestone:API @criterion:S10 @needs:training-worker @uses:training-worker @severity:major @id:S10
  Scenario: A training request of nonsense is refused and KTRDR goes on working
    When I ask for a training with nonsense
    Then the request is refused as a client error
    And the message names the field "symbols"
    And the answer shows no stack trace
    And no training has been started
    And a new training can start

  @category:error @milestone:API @criterion:D52 @severity:major @id:training-refused-by-field
  Scenario Outline: A training with <flaw> is refused and the message names the field
    When I ask for a training with <flaw>
    Then the request is refused as a client error
    And the message names the field "<field>"
    And the answer shows no stack trace
    And no training has been started
    And the backend is still healthy

    Examples: what can be wrong
      | name         | flaw                        | field         |
      | no-symbols   | no symbols                  | symbols       |
      | blank-symbol | a blank symbol              | symbols       |
      | no-list      | symbols that are not a list | symbols       |
      | no-timeframe | no timeframes               | timeframes    |
      | no-strategy  | no strategy name            | strategy_name |

  @category:error @milestone:API @criterion:S10 @severity:major @id:training-bad-date
  Scenario: A training with a start date that is not a date is refused and the message names it
    When I ask for a training with the start date "not-a-date"
    Then the request is refused as a client error
    And the message names "not-a-date"
    And the answer shows no stack trace
    And no training has been started
    And the backend is still healthy
