using Fleet.Benchmarks.Load;
using Fleet.Benchmarks.Sides;

namespace Fleet.Benchmarks.Accept;

/// <summary>A side in one measurement, and the rounds it has run so far.</summary>
internal sealed class Contender(string name, SideProcess side, int connections, byte[][] readers)
{
    /// <summary>Methods that a warm program compiles in a round; a cold one compiles thousands.</summary>
    private const int CompiledWhenWarm = 50;

    /// <summary>Rounds after which a program counts as warm, whatever it compiles.</summary>
    private const int MaxWarmUps = 10;

    private readonly List<Measured> _saturated = [], _paced = [];
    private readonly List<double> _processor = [];

    public string Name => name;

    /// <summary>Requests per second when each connection asks again as soon as it is answered.</summary>
    public Spread PerSecond => Spread.Of(_saturated.Select(round => round.PerSecond));

    /// <summary>Microseconds of processor time that the side's process spent on one such request.</summary>
    public Spread Processor => Spread.Of(_processor);

    public bool WasPaced => _paced.Count > 0;

    /// <summary>Latency in milliseconds at the offered rate.</summary>
    public Spread Paced(double share) => Spread.Of(_paced.Select(round => round.Percentile(share)));

    /// <summary>Runs rounds that do not count, until the runtime has compiled nearly everything.</summary>
    public async Task WarmUp(TimeSpan round)
    {
        for (var (i, before) = (0, 0L); i < MaxWarmUps; i++)
        {
            await Load(tills => ClosedLoop.Run(tills, round));
            var compiled = await side.CompiledMethods();
            if (compiled - before < CompiledWhenWarm) break;
            before = compiled;
        }
    }

    /// <summary>One round at saturation.</summary>
    public async Task Saturate(TimeSpan lasts)
    {
        await side.Settle();
        _saturated.Add(await Load(tills =>
        {
            var before = side.ProcessorTime;
            var round = ClosedLoop.Run(tills, lasts);
            _processor.Add((side.ProcessorTime - before).TotalMicroseconds / round.Count);
            return round;
        }));
    }

    /// <summary>One round at a given rate.</summary>
    public async Task Pace(double rate, TimeSpan lasts)
    {
        await side.Settle();
        _paced.Add(await Load(tills => OpenLoop.Run(tills, rate, lasts)));
    }

    private async Task<Measured> Load(Func<Tills, Measured> run)
    {
        using var tills = new Tills(side.Port, connections, readers);
        var round = run(tills);
        await side.Free(round.Count);
        return round;
    }
}
