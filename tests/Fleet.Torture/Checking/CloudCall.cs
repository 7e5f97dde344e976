namespace Fleet.Torture.Checking;

/// <summary>What a request asks of SumUp's cloud.</summary>
internal enum CloudOperation
{
    Create,
    GetCheckout,
    Terminate,
    Status,

    /// <summary>One reader, or the list of all.</summary>
    Readers,

    TransactionByClientId,
    TransactionByForeignId,

    /// <summary>By another id, or by the transaction's code.</summary>
    Transaction,

    History,
    Refund,

    /// <summary>The cloud tells an outcome to a checkout's <c>return_url</c>.</summary>
    Callback,

    /// <summary>Anything else; it is passed on, and nothing ever goes wrong with it.</summary>
    Other,
}

/// <summary>
/// What the proxy did to a call. Those that the cloud never sees come first, and those that change its answer stand
/// together: the proxy tells them by their order.
/// </summary>
internal enum CloudFault
{
    // The cloud never sees the call.

    /// <summary>The connection is closed in good order, without one byte of an answer.</summary>
    ClosedBefore,

    /// <summary>The connection is reset.</summary>
    ResetBefore,

    /// <summary>There is no answer until the client gives up.</summary>
    SilentBefore,

    /// <summary>429 without a time.</summary>
    TooMany,

    /// <summary>429 with <c>Retry-After</c>.</summary>
    TooManyWait,

    /// <summary>500.</summary>
    ErrorBefore,

    /// <summary>502 in the cloud's words.</summary>
    BadGatewayBefore,

    /// <summary>502 as a page of HTML.</summary>
    BadPageBefore,

    /// <summary>504 in the cloud's words.</summary>
    GatewayTimeoutBefore,

    /// <summary>422 that does not say why.</summary>
    Untyped422,

    /// <summary>202 to a terminate that ends nothing.</summary>
    TerminateIgnored,

    /// <summary>201 with ids that do not exist.</summary>
    PhantomAccept,

    // The cloud carries it out, and the client is told something else, or nothing.

    ClosedAfter,
    ResetAfter,
    SilentAfter,
    ErrorAfter,
    BadGatewayAfter,
    BadPageAfter,
    GatewayTimeoutAfter,

    /// <summary>The first half of the answer's body, which is no JSON.</summary>
    BrokenJson,

    /// <summary>The 201 has no <c>checkout_id</c>, as in older versions of the cloud.</summary>
    NoCheckoutId,

    /// <summary>Words for a status that no client knows.</summary>
    NewWords,

    /// <summary>Null where the word for a status should be.</summary>
    NullWords,

    // The cloud carries it out, and the client is told late, early, too often or wrongly.

    /// <summary>The answer is late.</summary>
    Delayed,

    /// <summary>Reads of the transaction find nothing for a while.</summary>
    TransactionLate,

    /// <summary>The callback comes before the answer to the create.</summary>
    CallbackFirst,

    CallbackTwice,

    /// <summary>Another callback comes first, which says that the card was charged.</summary>
    CallbackForged,

    CallbackNever,

    /// <summary>The cloud's clock is wrong, and nothing else is.</summary>
    ClockOff,
}

/// <summary>One call as it passed the proxy.</summary>
internal sealed record CloudCall
{
    /// <summary>Its place in the journal, from 1.</summary>
    public int Number { get; init; }

    /// <summary>When all of it had arrived.</summary>
    public required DateTimeOffset At { get; init; }

    public required CloudOperation Operation { get; init; }

    /// <summary>The cloud's id of the reader, if the path names one.</summary>
    public string? Reader { get; init; }

    /// <summary>By which name the client called the cloud: each of several may be told another one.</summary>
    public string? Host { get; init; }

    /// <summary>Where the client of a create wants its outcome told.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>
    /// Of a create its <c>foreign_transaction_id</c>; of other calls that of the checkout they are about, if known.
    /// </summary>
    public string? ForeignId { get; init; }

    /// <summary>
    /// Of a create what it was answered by the cloud, or by <see cref="CloudFault.PhantomAccept"/>; of other calls what
    /// they ask for.
    /// </summary>
    public string? CheckoutId { get; init; }

    /// <inheritdoc cref="CheckoutId"/>
    public string? ClientId { get; init; }

    /// <summary>Whether the cloud got it; of a callback whether the receiver was sent it.</summary>
    public bool Forwarded { get; init; }

    /// <summary>What the cloud answered, and of a callback what the receiver did; null for nothing.</summary>
    public int? Status { get; init; }

    /// <summary>What the client was told; null for nothing.</summary>
    public int? Told { get; init; }

    /// <summary>What went wrong; null for nothing, and for a fault that found nothing to change.</summary>
    public CloudFault? Fault { get; init; }

    /// <summary>Whether the cloud has taken the checkout.</summary>
    public bool IsAccepted => Operation is CloudOperation.Create && Forwarded && Status is 201;
}
