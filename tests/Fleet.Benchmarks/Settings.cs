using System.Globalization;

namespace Fleet.Benchmarks;

/// <summary>What is measured, and for how long. The defaults are those of the figures that are quoted.</summary>
internal sealed record Settings
{
    /// <summary>How long one round of one side lasts.</summary>
    public TimeSpan Round { get; private init; }

    /// <summary>Rounds of each side; the medians count.</summary>
    public int Rounds { get; private init; }

    /// <summary>Connections, one measurement each; the first one's figures are the quoted ones.</summary>
    public required IReadOnlyList<int> Connections { get; init; }

    /// <summary>Readers of each side. Each is asked once per round at most, since then its slot is taken.</summary>
    public int Readers { get; private init; }

    /// <summary>Entries of the history that is paged through, or payments that a database grows to.</summary>
    public int Rows { get; private init; }

    /// <summary>Minutes of <c>steady</c>.</summary>
    public int Minutes { get; private init; }

    /// <summary>
    /// The <c>Fleet.Benchmarks.dll</c> of another build, whose Fleet takes turns with this one's; null without one.
    /// </summary>
    public string? Other { get; private init; }

    /// <summary>A PostgreSQL to use; null starts one for the run.</summary>
    public string? Postgres { get; private init; }

    /// <summary>Where <c>layers</c> writes its figures; null writes none.</summary>
    public string? Out { get; private init; }

    /// <summary>What a reader of that file must know about the run.</summary>
    public string? Note { get; private init; }

    /// <summary>
    /// Reads <c>--seconds 3 --rounds 5 --connections 64,256 --readers 30000 --postgres "Host=…"</c>.
    /// </summary>
    public static Settings Read(string[] args, int seconds, int readers, int rounds = 5, int rows = 10_000_000)
    {
        var given = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
        return new()
        {
            Round = TimeSpan.FromSeconds(given.GetValue("seconds", (double)seconds)),
            Rounds = given.GetValue("rounds", rounds),
            Connections = [.. (given["connections"] ?? "64,256").Split(',')
                .Select(one => int.Parse(one, CultureInfo.InvariantCulture))],
            Readers = given.GetValue("readers", readers),
            Rows = given.GetValue("rows", rows),
            Minutes = given.GetValue("minutes", 10),
            Other = given["other"],
            Postgres = given["postgres"] ?? given["FLEET_TEST_POSTGRES"],
            Out = given["out"],
            Note = given["note"],
        };
    }
}
