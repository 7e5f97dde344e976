namespace Fleet.Server.Grains;

/// <summary>
/// Knows for the whole cluster whether it is SumUp's cloud that has trouble, and not the chain. It has key 0 and keeps
/// what nodes reported lately; after it moved to another node, their next reports tell it again.
/// </summary>
[Alias("fleet.cloud-trouble")]
internal interface ICloudTroubleGrain : IGrainWithIntegerKey
{
    /// <summary>Takes what the accounts of a node say, and returns what all of them say.</summary>
    /// <param name="node">The node.</param>
    /// <param name="calling">Its accounts that made calls lately.</param>
    /// <param name="suspect">Those of them whose calls fail.</param>
    [Alias("report"), ResponseTimeout("00:00:05")]
    Task<CloudTrouble> ReportAccounts(string node, int calling, int suspect);

    /// <summary>What all accounts say.</summary>
    [Alias("get"), ResponseTimeout("00:00:02")]
    Task<CloudTrouble> GetTrouble();
}

/// <summary>What the accounts of merchants at SumUp's cloud say about it.</summary>
/// <param name="Since">Since when the cloud has trouble; null when it has none.</param>
/// <param name="Calling">Accounts that made calls lately.</param>
/// <param name="Suspect">Those of them whose calls fail.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-trouble-state")]
internal sealed record CloudTrouble(
    [property: Id(0)] DateTimeOffset? Since, [property: Id(1)] int Calling, [property: Id(2)] int Suspect)
{
    /// <summary>Nothing is known.</summary>
    public static readonly CloudTrouble None = new(null, 0, 0);
}
