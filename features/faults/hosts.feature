Feature: Without Interactive Brokers a download fails with a reason, and nothing else does
  Whoever waits for bars wants to be told what is in the way: the IB host or its gateway; and to go on when it is back.
  Flow: client -> backend -> IB host -> IB gateway.

  @category:error @milestone:DAT-Ph3 @criterion:D36 @criterion:S29 @needs:ib-gateway @needs:switchable-ib-host @needs:data-folder @uses:services @uses:data-folder @severity:major @id:D4.2
  Scenario: Without the IB host a download fails within 30 seconds and says that the connection failed
    Given nothing is cached of what the small download brings
    And the IB host is switched off
    When I start a small download
    Then it fails within 30 seconds
    And the backend states a reason that names "connection failed"
    And the reason is stated in plain words
    When the IB host comes back
    Then a new download can start

  @category:error @milestone:DAT-Ph3 @criterion:D36 @criterion:S29 @criterion:S25 @needs:ib-gateway @needs:switchable-ib-gateway @needs:data-folder @uses:services @uses:data-folder @severity:major @id:D4.3
  Scenario: Without the IB gateway a download fails within 150 seconds and says so
    Given nothing is cached of what the small download brings
    And the IB gateway is switched off
    When I start a small download
    Then it fails within 150 seconds
    And the reason is stated in plain words
    And the IB host says within 5 seconds that its gateway is not connected
    When the IB gateway comes back
    Then a new download can start

  @category:error @milestone:DAT-Ph3 @criterion:D36 @criterion:S29 @needs:ib-gateway @needs:switchable-ib-gateway @needs:data-folder @uses:services @uses:data-folder @severity:minor @id:download-gateway-hangs
  Scenario: While the IB gateway hangs a download fails within 150 seconds and says so
    Given nothing is cached of what the small download brings
    And the IB gateway hangs
    When I start a small download
    Then it fails within 150 seconds
    And the reason is stated in plain words
    And the backend is still healthy
    When the IB gateway comes back
    Then a new download can start

  @category:error @milestone:DAT-Ph3 @milestone:DAT-Ph2 @criterion:D36 @criterion:D30 @criterion:S29 @needs:ib-gateway @needs:switchable-ib-host @needs:data-folder @uses:services @uses:data-folder @severity:major @id:ib-host-off-keeps-bars
  Scenario: A download without the IB host leaves the cached bars as they are, and brings the others once it is back
    Given bars of "AUDUSD" at "1h" from 2024-01-08 to 2024-01-12 are cached
    And the IB host is switched off
    When I start a download of "AUDUSD" at "1h" from 2024-03-04 to 2024-03-08
    Then it fails within 30 seconds
    And all those cached before can still be read
    When the IB host comes back
    Then the same download completes within 180 seconds
    And all those cached before can still be read

  @category:error @milestone:API @criterion:S29 @needs:ib-gateway @needs:replaceable-ib-host @needs:data-folder @uses:services @uses:data-folder @severity:major @id:ib-host-nonsense
  Scenario Outline: While the IB host answers with <nonsense> a download fails within 150 seconds and says why
    Given nothing is cached of what the small download brings
    And the IB host answers with <nonsense>
    When I start a small download
    Then it fails within 150 seconds
    And the reason is stated in plain words
    And the backend is still healthy
    When the IB host comes back
    Then a new download can start

    Examples: nonsense
      | name       | nonsense         |
      | huge       | a huge body      |
      | malformed  | a malformed body |
      | endless    | an endless body  |
      | redirected | a redirect       |
