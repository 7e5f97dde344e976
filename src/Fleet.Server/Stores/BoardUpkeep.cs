namespace Fleet.Server.Stores;

/// <summary>
/// Keeps the board of a store true. The board is empty after the store has moved, so all readers are asked then; later
/// those are asked again whose state is not known or doubtful.
/// </summary>
/// <param name="self">The store: its board and its queue.</param>
/// <param name="roster">The readers of the store.</param>
/// <param name="refresh">Asks them.</param>
/// <param name="tills">Gives readers that became free to the tills that wait.</param>
/// <param name="settings">Tells readers what the store says of their menus.</param>
/// <param name="node">The stores of this node.</param>
/// <param name="cluster">The nodes.</param>
/// <param name="stayActive">Keeps the store active for some time.</param>
internal sealed class BoardUpkeep(
    LocalStore self, StoreRoster roster, BoardRefresh refresh, ReaderAssignment tills, StoreSettings settings,
    LocalStores node, IClusterMembershipService cluster, Action<TimeSpan> stayActive)
{
    /// <summary>
    /// How often the store checks, in memory, whether a node has left or a till does not ask any more.
    /// </summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>How long a store that has moved waits for its readers, before they count as silent.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(2);

    /// <summary>How long a store with readers stays active after each check.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromHours(3);

    private Task _healing = Task.CompletedTask;
    private MembershipVersion _seen = cluster.CurrentSnapshot.Version;

    /// <summary>When <see cref="MaintainBoard"/> is due; calls of the store run meanwhile.</summary>
    public static GrainTimerCreationOptions Timing => new() { DueTime = Period, Period = Period, Interleave = true };

    /// <summary>Begins to ask all readers, and does not wait for them.</summary>
    public void BeginRecovery()
    {
        foreach (var id in roster.Readers) self.Board.AddReader(id);
        _healing = RefreshBoard();
    }

    /// <summary>Waits until the readers have answered, but not for long.</summary>
    public Task AwaitRecovery() => _healing.IsCompleted
        ? Task.CompletedTask
        : Task.WhenAny(_healing, Task.Delay(Recovery, TimeProvider.System)); // the real clock, as for a call

    /// <summary>Doubts readers of nodes that left, forgets tills that do not ask, and asks silent readers.</summary>
    public async Task MaintainBoard()
    {
        if (roster.Readers.Count > 0) stayActive(Stay); // operators watch stores that no till calls
        var snapshot = cluster.CurrentSnapshot;
        if (snapshot.Version != _seen)
        {
            _seen = snapshot.Version;
            self.Board.DoubtReaders(silo => snapshot.GetSiloStatus(silo) is SiloStatus.Dead or SiloStatus.None);
        }
        tills.ForgetSilentTills();
        if (_healing.IsCompleted) _healing = RefreshBoard();
        await _healing;
        await settings.TellReaders();
    }

    private async Task RefreshBoard()
    {
        await refresh.AskSilentReaders();
        if (roster.IsOpen) node.AddStore(self);
        tills.ServeQueue();
    }
}
