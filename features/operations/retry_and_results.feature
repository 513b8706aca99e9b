Feature: A failed operation can be run again, and results are for what has ended
  An operator tries again what failed for a reason that has gone, and reads what came out of it.
  Flow: client -> backend -> worker.

  @category:integration @milestone:API @criterion:D14 @needs:training-worker @needs:worker-registry @uses:training-worker @severity:major @id:retry-runs
  Scenario: A retried training runs, under a new id
    Given a failed training
    And a completed smoke training as well
    And KTRDR is ready for a smoke training
    When I retry it
    Then it asks for what the failed one asked for
    And its worker knows it under the same id
    And it fails within 60 seconds
    And the backend states a reason that names "NOSUCH"

  @category:integration @milestone:API @criterion:D14 @needs:ib-gateway @severity:major @id:retry-of-download
  Scenario: A retried download asks for the same bars
    When I start a small download on the unknown symbol "INVALID_SYM_XYZ"
    Then it fails within 30 seconds
    When I retry it
    Then it asks for what the failed one asked for
    And it fails within 30 seconds
    And the backend states a reason that names "INVALID_SYM_XYZ"

  @category:error @milestone:API @criterion:D14 @needs:training-worker @uses:training-worker @severity:minor @id:retry-refused
  Scenario: A training that has completed cannot be retried
    Given a completed smoke training
    When I try to retry it
    Then the request is refused as a client error
    And the message names the training
    And it is still completed

  @category:error @milestone:API @criterion:D14 @needs:training-worker @uses:training-worker @severity:minor @id:retry-of-cancelled
  Scenario: A training that was cancelled cannot be retried
    Given a running long training
    When I cancel it
    Then it is cancelled within 10 seconds
    When I try to retry it
    Then the request is refused as a client error
    And the message names the training

  @category:error @milestone:MCP-Ph2 @criterion:D12 @needs:backtest-worker @needs:training-worker @uses:backtest-worker @severity:minor @id:results-refused
  Scenario: A backtest that still runs has no results yet
    Given a running long backtest
    When I try to read its results
    Then the request is refused as a client error
    And the message names "running"
    And the answer shows no stack trace

  @category:smoke @milestone:MCP-Ph2 @criterion:D12 @needs:training-worker @uses:training-worker @severity:major @id:results-readable
  Scenario: A training that has completed has results of its own
    Given a completed smoke training
    And a completed smoke training as well
    Then its results can be read
    And they are those of its worker
    And it is still completed

  @category:smoke @milestone:MCP-Ph2 @criterion:D12 @needs:training-worker @uses:training-worker @severity:minor @id:metrics-readable
  Scenario: A training that has completed has metrics of its own
    Given a completed smoke training
    And a completed smoke training as well
    Then its metrics, asked for alone, are those that its lookup shows

  @category:integration @milestone:API @milestone:OPS-M3 @criterion:D7 @needs:training-worker @needs:worker-registry @uses:training-worker @severity:major @id:list-and-lookup-agree
  Scenario: The list says of a training what its lookup says, without a lookup before
    Given a training that has ended at its worker
    Then the list shows it as completed within 2 seconds
    And the list shows it as it shows itself when looked up
    And it is still completed
