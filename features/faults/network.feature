Feature: A network that fails or crawls holds up nobody but who is behind it
  Workers stand on other machines than the backend: a cable is pulled, a machine swaps, and all the others go on.
  Flow: client -> backend -> network -> worker; client -> backend -> network -> IB host.

  @category:error @milestone:OPS-M3 @milestone:CKP-M2 @criterion:D8 @criterion:D58 @needs:training-worker @needs:worker-registry @needs:cuttable-workers @uses:training-worker @uses:services @severity:major @id:network-cut
  Scenario: A training whose worker is cut off for a while is shown as last known, and completes with its result
    Given a running long training
    When the network to its worker is cut
    Then the backend shows it as running for 4 seconds
    And the backend is still healthy
    When the network to its worker heals
    Then it completes within 120 seconds
    And the backend lists 10 epochs of it
    And a new training can start

  @category:error @milestone:API @criterion:S29 @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:training-worker @uses:services @severity:major @id:slow-worker
  Scenario: A slow worker holds up its own training, and no other request to the backend
    Given a running long training
    When its worker is slow
    And I follow it until it completes within 300 seconds, asking the backend for its health all the while
    Then even the slowest answer came within 500 ms
    And the backend lists 10 epochs of it
    When its worker is as fast as before
    Then its worker is free within 60 seconds
    And a new training can start

  @category:error @milestone:API @milestone:DST-Ph2 @criterion:S29 @criterion:D18 @needs:backtest-worker @needs:training-worker @needs:worker-registry @needs:switchable-workers @uses:backtest-worker @uses:services @severity:major @id:workers-that-hang
  Scenario: Workers that hang hold up no request to the backend
    Given every backtest worker hangs
    When I follow them until all are shown as temporarily unavailable within 60 seconds, asking the backend for its health all the while
    Then even the slowest answer came within 500 ms
    When the backtest workers come back
    Then a new backtest can start

  @category:error @milestone:API @criterion:S29 @needs:ib-gateway @needs:switchable-ib-host @needs:data-folder @uses:services @uses:data-folder @severity:minor @id:slow-ib-host
  Scenario: A slow IB host holds up its own download, and no other request to the backend
    Given nothing is cached of what the small download brings
    And the IB host is slow
    When I start a small download
    And I follow it until it completes within 180 seconds, asking the backend for its health all the while
    Then even the slowest answer came within 500 ms
    And its result counts the calibrated number of bars, give or take 5 %
    When the IB host is as fast as before
    Then a new download can start
