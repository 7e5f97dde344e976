using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>What must be changed so that Fleet is as a file says.</summary>
/// <param name="Changes">The changes of each merchant, in the order in which they are made.</param>
/// <param name="Errors">Lines that cannot be applied; with any of them nothing is changed.</param>
/// <param name="Notes">What the file says and no change can bring about: keys that are missing.</param>
internal sealed record ChainPlan(
    IReadOnlyList<ChainChange> Changes, IReadOnlyList<LineError> Errors, IReadOnlyList<LineError> Notes)
{
    /// <summary>Compares a file with what Fleet has.</summary>
    /// <param name="file">The file.</param>
    /// <param name="found">What Fleet has of the merchants in it.</param>
    public static ChainPlan Compare(ChainFile file, IReadOnlyDictionary<string, MerchantState> found)
    {
        var plans = file.Merchants.Select(merchant => new MerchantPlan(merchant,
            found.GetValueOrDefault(merchant.Code)
                ?? new(null, [], new Dictionary<string, Proto.Store>(), new Dictionary<string, Proto.Reader>())))
            .ToList();
        foreach (var plan in plans) plan.Compare();
        return new([.. plans.SelectMany(plan => plan.Changes)], [.. plans.SelectMany(plan => plan.Errors)],
            [.. plans.SelectMany(plan => plan.Notes)]);
    }
}

/// <summary>One change.</summary>
/// <param name="Line">The line that asks for it.</param>
/// <param name="Merchant">The merchant that it is about.</param>
/// <param name="Kind">The kind of thing that is changed, for the counts.</param>
/// <param name="Text">What is changed, for people: + is new, ~ is changed, - is closed.</param>
/// <param name="Make">Makes it.</param>
internal sealed record ChainChange(int Line, string Merchant, string Kind, string Text, Func<Session, Task> Make)
{
    /// <summary>Asks Fleet whether it would be made; null when only making it shows that.</summary>
    public Func<Session, Task>? Check { get; init; }

    /// <summary>Where its item stands, when Fleet may refuse fields of it.</summary>
    public ItemLines? Item { get; init; }
}
