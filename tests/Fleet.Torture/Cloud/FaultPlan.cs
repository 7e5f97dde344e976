using Fleet.Torture.Checking;

namespace Fleet.Torture.Cloud;

/// <summary>How often a fault is chosen, compared with the other faults of the same kind of call.</summary>
internal sealed record Chance(CloudOperation Operation, CloudFault Fault, int Weight = 1);

/// <summary>Which call has which fault: first what the script says, and after it what the seed says.</summary>
internal sealed class FaultPlan
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(CloudOperation Operation, string? ForeignId), Queue<CloudFault>> _script = [];
    private readonly Dictionary<CloudOperation, int> _count = [];
    private (int Seed, double Share, ILookup<CloudOperation, Chance> Chances)? _weather;

    /// <summary>Every fault of every call, each as likely as the others of its kind of call.</summary>
    public static IReadOnlyList<Chance> Everything =>
        [.. from operation in Enum.GetValues<CloudOperation>()
            from fault in CloudFaults.Of(operation)
            select new Chance(operation, fault)];

    /// <summary>The next calls of this kind have these faults, one each.</summary>
    public FaultPlan Next(CloudOperation operation, params IReadOnlyList<CloudFault> faults) =>
        Add(operation, null, faults);

    /// <summary>
    /// The next calls of this kind about one checkout have these faults, one each. It wins over <see cref="Next"/>.
    /// </summary>
    public FaultPlan For(string foreignId, CloudOperation operation, params IReadOnlyList<CloudFault> faults) =>
        Add(operation, foreignId, faults);

    /// <summary>
    /// From now on a share of the calls without a script have a fault. The seed and the number of a call among those of
    /// its kind decide which, so that a run can be repeated.
    /// </summary>
    /// <param name="seed">Any number.</param>
    /// <param name="share">0 to 1.</param>
    /// <param name="chances">Calls that are not in it have no faults.</param>
    public void Randomly(int seed, double share, IEnumerable<Chance> chances)
    {
        var all = chances.ToArray();
        foreach (var chance in all) Check(chance.Operation, chance.Fault);
        lock (_lock) _weather = (seed, share, all.ToLookup(chance => chance.Operation));
    }

    /// <summary>From now on nothing goes wrong.</summary>
    public void Calm()
    {
        lock (_lock)
        {
            _script.Clear();
            _weather = null;
        }
    }

    /// <summary>The fault of the next call of this kind; null for none.</summary>
    public CloudFault? Take(CloudOperation operation, string? foreignId)
    {
        lock (_lock)
        {
            var number = _count[operation] = _count.GetValueOrDefault(operation) + 1;
            if (foreignId is not null && _script.GetValueOrDefault((operation, foreignId)) is { Count: > 0 } own)
                return own.Dequeue();
            if (_script.GetValueOrDefault((operation, null)) is { Count: > 0 } next) return next.Dequeue();
            return _weather is { } weather ? Throw(weather.Chances[operation], weather.Share,
                DiceOf(weather.Seed, operation, number)) : null;
        }
    }

    private FaultPlan Add(CloudOperation operation, string? foreignId, IReadOnlyList<CloudFault> faults)
    {
        lock (_lock)
        {
            if (!_script.TryGetValue((operation, foreignId), out var queue))
                _script[(operation, foreignId)] = queue = new();
            foreach (var fault in faults)
            {
                Check(operation, fault);
                queue.Enqueue(fault);
            }
        }
        return this;
    }

    /// <summary>A fault that cannot happen would prove nothing.</summary>
    private static void Check(CloudOperation operation, CloudFault fault)
    {
        if (!CloudFaults.Of(operation).Contains(fault))
            throw new ArgumentException($"A call of {operation} cannot have {fault}.");
    }

    private static CloudFault? Throw(IEnumerable<Chance> chances, double share, Random dice)
    {
        if (dice.NextDouble() >= share) return null;
        var left = dice.Next(Math.Max(1, chances.Sum(chance => chance.Weight)));
        foreach (var chance in chances)
        {
            left -= chance.Weight;
            if (left < 0) return chance.Fault;
        }
        return null;
    }

    /// <summary>
    /// The same in every process. Seeds that are near each other would throw alike, so they are mixed.
    /// </summary>
    private static Random DiceOf(int seed, CloudOperation operation, int number)
    {
        unchecked
        {
            var mixed = ((uint)seed * 0x9E3779B1) ^ ((uint)operation * 0x85EBCA77) ^ ((uint)number * 0xC2B2AE3D);
            mixed = (mixed ^ (mixed >> 15)) * 0x2C1B3C6D;
            mixed = (mixed ^ (mixed >> 12)) * 0x297A2D39;
            return new Random((int)(mixed ^ (mixed >> 15)));
        }
    }
}
