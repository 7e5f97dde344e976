namespace Fleet.Torture;

/// <summary>How much a run takes on. Short ones are for every merge, long ones for a release.</summary>
internal sealed record Size
{
    public static readonly Size Short = new();

    public static readonly Size Long = new()
    {
        Readers = 300, Tills = 60, Kills = 5, Lasts = TimeSpan.FromSeconds(60), Races = 10_000, SaleRaces = 2_000,
        Connected = 1_000, Outage = TimeSpan.FromSeconds(30),
        CloudCheckouts = 10_000, CloudReaders = 300, CloudTills = 60, CloudKills = 25,
        CloudPause = TimeSpan.FromSeconds(20), CloudHold = TimeSpan.FromMinutes(6),
        WrongClocks = [-300, 300, -3600], Storages = [true, false],
    };

    /// <summary>Of this run.</summary>
    public static Size Now { get; set; } = Short;

    /// <summary>Readers under load.</summary>
    public int Readers { get; private init; } = 60;

    /// <summary>Tills at work at the same time.</summary>
    public int Tills { get; private init; } = 24;

    /// <summary>Nodes killed under load.</summary>
    public int Kills { get; private init; } = 1;

    /// <summary>How long the load with the kills lasts.</summary>
    public TimeSpan Lasts { get; private init; } = TimeSpan.FromSeconds(20);

    /// <summary>Two tills at one reader.</summary>
    public int Races { get; private init; } = 500;

    /// <summary>One sale started at two nodes at once.</summary>
    public int SaleRaces { get; private init; } = 400;

    /// <summary>Readers connected to a node that is told to stop.</summary>
    public int Connected { get; private init; } = 200;

    /// <summary>How long PostgreSQL stays away.</summary>
    public TimeSpan Outage { get; private init; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Checkouts that are sent to a stand-in of SumUp's cloud, while calls go wrong and nodes are killed.
    /// </summary>
    public int CloudCheckouts { get; private init; } = 300;

    /// <summary>Readers of the stand-in.</summary>
    public int CloudReaders { get; private init; } = 60;

    /// <summary>Tills at work at the same time.</summary>
    public int CloudTills { get; private init; } = 16;

    /// <summary>Nodes killed meanwhile.</summary>
    public int CloudKills { get; private init; } = 2;

    /// <summary>
    /// How long a payment that the cloud does not have may hold its reader: two minutes, and the reads that fail after
    /// them. The long run kills every half minute the node that reads, and a fifth of the reads fails.
    /// </summary>
    public TimeSpan CloudHold { get; private init; } = TimeSpan.FromMinutes(4);

    /// <summary>From the start of one to the next kill.</summary>
    public TimeSpan CloudPause { get; private init; } = TimeSpan.FromSeconds(3);

    /// <summary>By how many seconds the clock of one of two nodes is wrong, one test for each.</summary>
    public IReadOnlyList<int> WrongClocks { get; private init; } = [-300];

    /// <summary>Tests that hold on both kinds of storage: whether PostgreSQL is used.</summary>
    public IReadOnlyList<bool> Storages { get; private init; } = [true];
}
