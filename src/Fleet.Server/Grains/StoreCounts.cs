using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Stores;

namespace Fleet.Server.Grains;

/// <summary>The counts of a board, and its problems.</summary>
/// <param name="Readers">All readers of the store.</param>
/// <param name="Free">Those that can take a checkout now.</param>
/// <param name="Busy">Those that have a checkout.</param>
/// <param name="Offline">Those that are paired and not connected.</param>
/// <param name="Unpaired">Those whose device has not confirmed, or was paired anew.</param>
/// <param name="Silent">Those that have not reported their state.</param>
/// <param name="Waiting">Tills in the queue.</param>
/// <param name="Problems">What an operator should look at, at most <see cref="MaxProblems"/>.</param>
/// <param name="Unknown">
/// Those of which it is not known whether SumUp's cloud reaches them; they are in no other number but the first.
/// </param>
/// <param name="Firmware">
/// Readers by the version they reported, the most frequent ones, at most <see cref="MaxFirmware"/>; null from a node of
/// an older version.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.store-counts")]
internal sealed record StoreCounts(
    [property: Id(0)] int Readers, [property: Id(1)] int Free, [property: Id(2)] int Busy,
    [property: Id(3)] int Offline, [property: Id(4)] int Unpaired, [property: Id(5)] int Silent,
    [property: Id(6)] int Waiting, [property: Id(7)] IReadOnlyList<ReaderProblem> Problems,
    [property: Id(8)] int Unknown = 0, [property: Id(9)] IReadOnlyDictionary<string, int>? Firmware = null)
{
    /// <summary>How many problems of one store are listed; the counts include all.</summary>
    public const int MaxProblems = 20;

    /// <summary>How many versions of one store are counted; devices may report any.</summary>
    public const int MaxFirmware = 20;

    /// <summary>A battery with less than this percentage will not last the day.</summary>
    private const double LowBattery = 20;

    /// <summary>A payment normally ends within this time; a longer one is stuck.</summary>
    private static readonly TimeSpan LongOpen = TimeSpan.FromMinutes(5);

    public static StoreCounts FromLines(
        IReadOnlyCollection<BoardLine> lines, int silent, int waiting, DateTimeOffset now)
    {
        int free = 0, busy = 0, offline = 0, unpaired = 0, unknown = 0;
        var problems = new List<ReaderProblem>();
        foreach (var line in lines)
        {
            if (line.Pairing.StatusAt(now) is not PairingStatus.Paired) unpaired++;
            else if (line.IsUnknownAt(now)) unknown++;
            else if (line.PresenceAt(now) is Presence.Free) free++;
            else if (line.PresenceAt(now) is Presence.Busy) busy++;
            else offline++;
            if (problems.Count < MaxProblems && ProblemOf(line, now) is { } kind)
                problems.Add(new(
                    line.ReaderId, line.Pairing.Name, kind, ReplacementOf(line, kind, lines)));
        }
        return new(lines.Count + silent, free, busy, offline, unpaired, silent, waiting, problems, unknown,
            lines.CountBy(line => line.Firmware).OrderByDescending(version => version.Value).Take(MaxFirmware)
                .ToDictionary());
    }

    private static ProblemKind? ProblemOf(BoardLine line, DateTimeOffset now) => line switch
    {
        { State.Trouble.Kind: var trouble } => ProblemOf(trouble),
        { State.Open: { } open } when now - open.AcceptedAt > LongOpen => ProblemKind.CheckoutOpenLong,
        { Pairing.Status: PairingStatus.Expired } => ProblemKind.PairingReplaced,
        _ when line.Pairing.StatusAt(now) is PairingStatus.Expired => ProblemKind.PairingExpired,
        _ when line.Pairing.StatusAt(now) is PairingStatus.Processing => null,
        _ when line.State.Status.OnlineAt(now) is false => ProblemKind.Offline,
        { State.Status.Health.BatteryLevel: < LowBattery } => ProblemKind.BatteryLow,
        _ => null,
    };

    /// <summary>The reader of the same store that has the device now; empty when there is none.</summary>
    private static string ReplacementOf(BoardLine line, ProblemKind kind, IReadOnlyCollection<BoardLine> lines) =>
        kind is not ProblemKind.PairingReplaced ? "" : lines.FirstOrDefault(other =>
            other.Pairing.Device.Serial == line.Pairing.Device.Serial
            && other.Pairing.Status is PairingStatus.Paired)?.ReaderId ?? "";

    private static ProblemKind ProblemOf(TroubleKind trouble) => trouble switch
    {
        TroubleKind.PhantomAccept => ProblemKind.PhantomAccept,
        TroubleKind.Stuck => ProblemKind.Stuck,
        TroubleKind.RefusedKey => ProblemKind.RefusedKey,
        TroubleKind.Removed => ProblemKind.Removed,
        _ => ProblemKind.Unreachable,
    };
}

/// <summary>A reader that an operator should look at.</summary>
/// <param name="ReaderId">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What is wrong.</param>
/// <param name="ReplacedBy">The reader of its store that has its device now; empty when that is not known.</param>
[GenerateSerializer, Immutable, Alias("fleet.reader-problem")]
internal sealed record ReaderProblem(
    [property: Id(0)] string ReaderId, [property: Id(1)] string Name, [property: Id(2)] ProblemKind Kind,
    [property: Id(3)] string ReplacedBy = "");

/// <summary>
/// What is wrong with a reader; if there are several problems, the worst one. New members go to the end: nodes of
/// different versions tell each other the number.
/// </summary>
internal enum ProblemKind
{
    /// <summary>A checkout is open for more than five minutes.</summary>
    CheckoutOpenLong,

    /// <summary>Its device never confirmed.</summary>
    PairingExpired,

    /// <summary>It is not connected.</summary>
    Offline,

    /// <summary>Its battery has less than 20 percent.</summary>
    BatteryLow,

    /// <summary>SumUp took a payment, and has shown no result in the time that a payment takes.</summary>
    PhantomAccept,

    /// <summary>SumUp refuses it as busy again and again, and Fleet has no payment on it.</summary>
    Stuck,

    /// <summary>SumUp does not accept the API key of its merchant.</summary>
    RefusedKey,

    /// <summary>SumUp does not have it.</summary>
    Removed,

    /// <summary>SumUp could not be reached when its last payment was started.</summary>
    Unreachable,

    /// <summary>Its device was paired anew, as another reader.</summary>
    PairingReplaced,
}
