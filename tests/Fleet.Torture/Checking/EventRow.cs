namespace Fleet.Torture.Checking;

/// <summary>One row of the table <c>outbox</c>.</summary>
/// <param name="Id">The event's.</param>
/// <param name="ClientId">The client transaction id in its body: which outcome it is about.</param>
/// <param name="Url">Where it goes.</param>
/// <param name="State">waiting, delivered or dead.</param>
/// <param name="Attempts">Begun.</param>
/// <param name="Failures">Of these, those that are known to have failed.</param>
/// <param name="BodyHash">SHA-256 of its body.</param>
internal sealed record EventRow(
    Guid Id, Guid? ClientId, string Url, string State, int Attempts, int Failures, string BodyHash);

/// <summary>One webhook as a receiver got it.</summary>
internal sealed record Post
{
    /// <summary>When its last byte was there.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The header <c>webhook-id</c>.</summary>
    public Guid? Id { get; init; }

    /// <summary>SHA-256 of the body.</summary>
    public required string BodyHash { get; init; }

    /// <summary>The id in the body.</summary>
    public Guid? BodyId { get; init; }

    public Guid? ClientId { get; init; }

    public string? Status { get; init; }

    public string? Reason { get; init; }

    /// <summary>
    /// What the receiver answered, whether or not it was read; null when the connection was closed before.
    /// </summary>
    public int? Answered { get; init; }

    public bool IsTaken => Answered is >= 200 and < 300;
}
