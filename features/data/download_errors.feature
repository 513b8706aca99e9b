Feature: A download that cannot work fails with a reason
  Whoever waits for bars wants to be told what is in the way. Of a missing IB host or gateway see faults/hosts.feature.
  Flow: client -> backend -> IB host -> IB gateway.

  @category:error @milestone:DAT-Ph4 @criterion:D35 @needs:ib-gateway @severity:major @id:D4.1
  Scenario: A download of an unknown symbol fails within 30 seconds and its reason names the symbol
    When I start a small download on the unknown symbol "INVALID_SYM_XYZ"
    Then it fails within 30 seconds
    And the backend states a reason that names "INVALID_SYM_XYZ"
    And the reason is stated in plain words
    And the backend is still healthy
