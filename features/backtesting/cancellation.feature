Feature: A backtest can be cancelled
  A researcher who has seen enough of a backtest wants its worker back at once, and no late result.
  Flow: client -> backend -> backtest worker.

  @category:cancellation @milestone:BTA-Ph2 @criterion:S9 @criterion:D27 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:blocker @id:B1.3
  Scenario: A backtest cancelled in mid-run is cancelled for good, and a new one can start
    Given a running long backtest that has come to 10 % or more
    When I cancel it
    Then it is cancelled within 10 seconds
    And its worker is free within 30 seconds
    And a new backtest can start

  @category:cancellation @milestone:API @criterion:S9 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:B2.3
  Scenario: A backtest cancelled soon after its start has no results, and a new one can start
    Given a running long backtest
    When I cancel it
    Then it is cancelled within 10 seconds
    When I try to read its results
    Then the request is refused as a client error
    And the message names "cancelled"
    And a new backtest can start

  @category:cancellation @milestone:BTA-Ph2 @milestone:BTA-Ph3 @criterion:D29 @criterion:S9 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:major @id:B3.4
  Scenario: The cancel of a backtest reaches its worker, which stops and stays stopped
    Given a running progress backtest that has come to 10 % or more
    When I cancel it
    Then it is cancelled within 10 seconds
    And it is still cancelled, at the backend and at its worker, when it would have ended by itself
    And its progress has stood still since
