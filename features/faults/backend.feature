Feature: KTRDR remembers its work when its backend restarts
  An operator restarts the backend for a new version, or loses it; a training of hours must not be lost with it.
  Flow: client -> backend -> every worker.

  @category:error @milestone:CKP-M1 @milestone:CKP-M7.5 @criterion:D54 @criterion:D67 @needs:training-worker @needs:worker-registry @needs:switchable-backend @uses:training-worker @uses:services @severity:blocker @id:backend-restarts
  Scenario Outline: A training goes on while the backend <way>, and every worker is back within <limit>
    Given a running long training
    When the backend <way>
    Then it completes within 120 seconds
    And the backend shows its result
    And the backend lists 10 epochs of it
    And every worker is listed again within <limit>
    And a new training can start

    Examples: ways to restart
      | name   | way                       | limit      |
      | gently | restarts                  | 15 seconds |
      | killed | dies and is started again | 45 seconds |

  @category:error @milestone:CKP-M1 @criterion:D54 @criterion:S15 @needs:training-worker @needs:worker-registry @needs:switchable-backend @uses:training-worker @uses:services @severity:major @id:backend-remembers
  Scenario: After a restart the backend still knows what had ended, and its results
    Given a completed smoke training
    And a failed training as well
    When the backend restarts
    Then it is still completed
    And the backend shows its result
    And its results can be read
    And the failed training is still failed, for the same reason
    And a new training can start

  @category:error @milestone:CKP-M1 @milestone:DAT-Ph4 @criterion:D54 @criterion:S15 @criterion:D33 @needs:ib-gateway @needs:switchable-backend @needs:data-folder @uses:services @uses:data-folder @severity:major @id:backend-remembers-download
  Scenario: After a restart the backend still knows a download that had completed, and its results
    Given nothing is cached of what the small download brings
    And a completed small download
    When the backend restarts
    Then it is still completed
    And its results can be read
    And its result counts the calibrated number of bars, give or take 5 %

  @category:error @milestone:CKP-M1 @criterion:D55 @needs:training-worker @needs:worker-registry @needs:switchable-backend @uses:training-worker @uses:services @severity:major @id:ended-while-backend-was-away
  Scenario: A training that ends while the backend is away is shown as completed when it is back
    Given a running long training
    When the backend dies
    And its worker has come to the end of it
    And the backend comes back
    Then it completes within 60 seconds
    And the backend shows its result
    And its worker is free within 60 seconds
    And a new training can start
