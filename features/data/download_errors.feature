Feature: A download that cannot work fails with a reason
  Whoever waits for bars wants to be told what is in the way: the symbol, the IB host or its gateway.
  Flow: client -> backend -> IB host -> IB gateway.

  @category:error @milestone:DAT-Ph4 @criterion:D35 @needs:ib-gateway @severity:major @id:D4.1
  Scenario: A download of an unknown symbol fails within 30 seconds and its reason names the symbol
    When I start a small download on the unknown symbol "INVALID_SYM_XYZ"
    Then it fails within 30 seconds
    And the backend states a reason that names "INVALID_SYM_XYZ"
    And the reason is stated in plain words
    And the backend is still healthy

  @category:error @milestone:DAT-Ph3 @criterion:D36 @criterion:S29 @needs:ib-gateway @needs:switchable-ib-host @needs:data-folder @uses:services @uses:data-folder @severity:major @id:D4.2
  Scenario: Without the IB host a download fails within 30 seconds and says that the connection failed
    Given nothing is cached of what the small download brings
    And the IB host is switched off
    When I start a small download
    Then it fails within 30 seconds
    And the backend states a reason that names "connection failed"
    And the reason is stated in plain words
    And the backend is still healthy

  @category:error @milestone:DAT-Ph3 @criterion:D36 @criterion:S29 @criterion:S25 @needs:ib-gateway @needs:switchable-ib-gateway @needs:data-folder @uses:services @uses:data-folder @severity:major @id:D4.3
  Scenario: Without the IB gateway a download fails within 150 seconds and says so
    Given nothing is cached of what the small download brings
    And the IB gateway is switched off
    When I start a small download
    Then it fails within 150 seconds
    And the reason is stated in plain words
    And the IB host says within 5 seconds that its gateway is not connected
    And the backend is still healthy

  @category:error @milestone:DAT-Ph3 @criterion:D36 @criterion:S29 @needs:ib-gateway @needs:switchable-ib-gateway @needs:data-folder @uses:services @uses:data-folder @severity:minor @id:download-gateway-hangs
  Scenario: While the IB gateway hangs a download fails within 150 seconds and says so
    Given nothing is cached of what the small download brings
    And the IB gateway hangs
    When I start a small download
    Then it fails within 150 seconds
    And the reason is stated in plain words
    And the backend is still healthy
