using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>The saved list of the payments of which a refund may be pending.</summary>
public sealed record OpenRefundsRecord
{
    public IReadOnlyList<RefundKey> Refunds { get; init; } = [];
}

/// <summary>Knows the payments of one merchant of which a refund may be pending. The ledger has the refunds.</summary>
internal sealed class OpenRefundsGrain(
    [PersistentState("open-refunds")] IPersistentState<OpenRefundsRecord> record) : Grain, IOpenRefundsGrain
{
    /// <summary>Refunds of one merchant that are pending at once.</summary>
    private const int MaxOpen = 1_000;

    public async Task<bool> AddRefund(RefundKey key)
    {
        var open = record.State.Refunds;
        if (open.Contains(key)) return true;
        if (open.Count >= MaxOpen) return false;
        await record.SaveState(new() { Refunds = [.. open, key] });
        return true;
    }

    public Task RemoveRefund(RefundKey key) => record.State.Refunds.Contains(key)
        ? record.SaveState(new() { Refunds = [.. record.State.Refunds.Where(one => one != key)] })
        : Task.CompletedTask;

    public Task RemindAll()
    {
        foreach (var key in record.State.Refunds)
            GrainFactory.GetGrain<ICloudRefundGrain>($"{key}").ResumeRefund().Ignore();
        return Task.CompletedTask;
    }
}
