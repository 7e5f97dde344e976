using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Load;
using Fleet.Benchmarks.Sides;

namespace Fleet.Benchmarks.Accept;

/// <summary>A side in one measurement, and the rounds it has run so far.</summary>
/// <param name="name">For the report.</param>
/// <param name="side">Its process.</param>
/// <param name="connections">Of the tills.</param>
/// <param name="readers">The ids of the readers that are asked.</param>
/// <param name="postgres">The server that it stores in, alone while a round of its runs.</param>
internal sealed class Contender(string name, SideProcess side, int connections, byte[][] readers, Postgres postgres)
{
    private readonly List<Measured> _saturated = [], _paced = [];
    private readonly List<double> _processor = [], _database = [], _allocated = [];

    public string Name => name;

    /// <summary>Requests per second when each connection asks again as soon as it is answered.</summary>
    public Spread PerSecond => Spread.Of(_saturated.Select(round => round.PerSecond));

    /// <summary>Microseconds of processor time that the side's process spent on one such request.</summary>
    public Spread Processor => Spread.Of(_processor);

    /// <summary>Microseconds of processor time that PostgreSQL's processes spent on one such request.</summary>
    public Spread Database => Spread.Of(_database);

    /// <summary>Bytes that the side allocated for one such request.</summary>
    public Spread Allocated => Spread.Of(_allocated);

    public bool WasPaced => _paced.Count > 0;

    /// <summary>Latency in milliseconds at the offered rate.</summary>
    public Spread Paced(double share) => Spread.Of(_paced.Select(round => round.Percentile(share)));

    /// <summary>Runs rounds that do not count, until the runtime has compiled nearly everything.</summary>
    public Task WarmUp(TimeSpan round) => side.WarmUp(() => Load(tills => ClosedLoop.Run(tills, round)));

    /// <summary>One round at saturation.</summary>
    public async Task Saturate(TimeSpan lasts)
    {
        await side.Settle();
        var allocated = await side.AllocatedBytes();
        var round = await Load(tills =>
        {
            var (before, stored) = (side.ProcessorTime, postgres.ProcessorTime);
            var round = ClosedLoop.Run(tills, lasts);
            _processor.Add((side.ProcessorTime - before).TotalMicroseconds / round.Count);
            _database.Add((postgres.ProcessorTime - stored).TotalMicroseconds / round.Count);
            return round;
        }, async round => _allocated.Add((await side.AllocatedBytes() - allocated) / (double)round.Count));
        _saturated.Add(round);
    }

    /// <summary>One round at a given rate.</summary>
    public async Task Pace(double rate, TimeSpan lasts)
    {
        await side.Settle();
        _paced.Add(await Load(tills => OpenLoop.Run(tills, rate, lasts)));
    }

    /// <param name="run">Makes the load.</param>
    /// <param name="look">Looks at the side after it, before what the load has left is tidied up.</param>
    private async Task<Measured> Load(Func<Tills, Measured> run, Func<Measured, Task>? look = null)
    {
        using var tills = new Tills(side.Port, connections, readers);
        var round = run(tills);
        if (look is not null) await look(round);
        await side.Free(round.Count);
        return round;
    }
}
