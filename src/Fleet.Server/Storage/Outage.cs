using System.Data.Common;
using Fleet.Server.Readers;
using Polly.Timeout;

namespace Fleet.Server.Storage;

/// <summary>Failures of the house: what was asked may or may not have happened, and asking again is right.</summary>
internal static class Outage
{
    /// <summary>Whether an exception means that, and not a fault in the program.</summary>
    public static bool Is(Exception e) =>
        e is LedgerUnavailableException or ReaderMovedException or OrleansException or DbException or TimeoutException
            or TimeoutRejectedException or OperationCanceledException;
}
