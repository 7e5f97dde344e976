using Xunit.v3;

[assembly: Parallelization(MaxThreads = Fleet.Torture.Alone.OthersAtOnce)]

namespace Fleet.Torture;

/// <summary>
/// Tests that measure times, or do harm to the run's own PostgreSQL: two cores are few, so these come one after the
/// other, when all others are over. The others mostly wait, for leases and for nodes, but five of them at once, each
/// with nodes that start, had twenty threads that wanted the two cores.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";

    public const int OthersAtOnce = 3;
}
