namespace Fleet.Client;

/// <summary>How a <see cref="FleetClient"/> calls Fleet.</summary>
public sealed class FleetClientOptions
{
    private const int MostTries = 10;

    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(1);

    /// <summary>How often a silent connection is pinged, and how long the answer to the ping may take.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15), KeepAliveAnswer = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The code of the merchant that calls are about, for a key of the whole chain; null for a key of one merchant. A
    /// call that has the header <c>fleet-merchant</c> itself is about that merchant.
    /// </summary>
    public string? Merchant { get; init; }

    /// <summary>
    /// How long one attempt of a call may take, more than 0 and at most an hour; 10 s by default. What the call asks
    /// Fleet to wait is added. It does not end streams. A deadline that a call has itself counts for all its attempts.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many attempts a call may have, 1 to 10; 4 by default. With 1, no call is repeated.</summary>
    public int Tries { get; init; } = 4;

    /// <summary>
    /// For how long after its beginning a call may be attempted again, 0 to an hour; 30 s by default. A pause that
    /// would end later is not waited for, also when Fleet asks for it.
    /// </summary>
    public TimeSpan RepeatWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What sends the requests, for example to trust an authority or to show a certificate; null for
    /// <see cref="CreateHandler"/>. Its owner disposes it, after the client.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>
    /// The clock of pauses and deadlines. Its present time must be that of the machine, because gRPC compares deadlines
    /// with the machine's clock.
    /// </summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// The handler that is used by default, for a caller who changes something of it: it pings silent connections, so
    /// that a stream whose node is gone is noticed within 25 s.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        KeepAlivePingDelay = KeepAlive,
        KeepAlivePingTimeout = KeepAliveAnswer,
        EnableMultipleHttp2Connections = true,
    };

    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CallTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CallTimeout, LongestTimeout);
        ArgumentOutOfRangeException.ThrowIfLessThan(Tries, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Tries, MostTries);
        ArgumentOutOfRangeException.ThrowIfLessThan(RepeatWithin, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RepeatWithin, LongestTimeout);
    }
}
