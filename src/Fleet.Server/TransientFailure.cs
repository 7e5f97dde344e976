using System.Data.Common;
using Polly.Timeout;

namespace Fleet.Server;

/// <summary>Recognises failures that pass by themselves, in contrast to bugs.</summary>
internal static class TransientFailure
{
    /// <summary>Whether it is not known if the call had an effect, and the caller should try again later.</summary>
    public static bool Is(Exception failure) =>
        failure is LedgerUnavailableException or ReaderMovedException or OrleansException or DbException
            or TimeoutException or TimeoutRejectedException or OperationCanceledException;

    /// <summary>
    /// Whether a node left or a reader moved, so that the call should be repeated at once. Orleans also cancels calls
    /// while it updates its list of nodes. Calls that failed because of a database are not repeated.
    /// </summary>
    public static bool IsOfNode(Exception failure, CancellationToken cancel) => failure switch
    {
        ReaderMovedException => true,
        OperationCanceledException => !cancel.IsCancellationRequested,
        OrleansException => failure.InnerException is not DbException,
        _ => false,
    };
}

/// <summary>The ledger did not answer; it is not known whether the request had an effect.</summary>
[GenerateSerializer, Alias("fleet.ledger-unavailable")]
public sealed class LedgerUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether nothing was sent to the database, so that nothing is stored. Told on this node only.</summary>
    [field: NonSerialized]
    public bool NothingSent { get; init; }
}

/// <summary>
/// The reader is active elsewhere, and another activation has written to its ledger. Nothing was saved; the caller
/// should repeat the call.
/// </summary>
[GenerateSerializer, Alias("fleet.reader-moved")]
public sealed class ReaderMovedException() : Exception("The reader moved on without this activation.");
