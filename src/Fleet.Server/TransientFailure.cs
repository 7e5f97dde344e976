using System.Data.Common;
using Polly.Timeout;

namespace Fleet.Server;

/// <summary>Failures that pass, as opposed to faults in the program.</summary>
internal static class TransientFailure
{
    /// <summary>Whether what was asked may or may not have happened, and asking again later is right.</summary>
    public static bool Is(Exception failure) =>
        failure is LedgerUnavailableException or ReaderMovedException or OrleansException or DbException
            or TimeoutException or TimeoutRejectedException or OperationCanceledException;

    /// <summary>
    /// Whether a node left or a reader moved, so that asking again at once is right. Orleans also gives up by itself
    /// while it learns which nodes are left, as if it had been cancelled. A database that is away is not waited for.
    /// </summary>
    public static bool IsOfNode(Exception failure, CancellationToken cancel) => failure switch
    {
        ReaderMovedException => true,
        OperationCanceledException => !cancel.IsCancellationRequested,
        OrleansException => failure.InnerException is not DbException,
        _ => false,
    };
}

/// <summary>The ledger did not answer; what was asked of it may or may not have happened.</summary>
[GenerateSerializer, Alias("fleet.ledger-unavailable")]
public sealed class LedgerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The reader lives elsewhere, and its ledger moved on without this activation. Nothing was stored; ask again.
/// </summary>
[GenerateSerializer, Alias("fleet.reader-moved")]
public sealed class ReaderMovedException() : Exception("The reader moved on without this activation.");
