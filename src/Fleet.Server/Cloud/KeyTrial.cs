using Fleet.Core.Cloud;

namespace Fleet.Server.Cloud;

/// <summary>Finds out what a key of SumUp's may do, by reads that change nothing.</summary>
internal static class KeyTrial
{
    /// <summary>Reads the profile, the readers and one transaction of the merchant.</summary>
    public static async Task<IReadOnlyList<KeyRead>> TryKey(CloudClient client)
    {
        var profile = client.ReadMerchant(CancellationToken.None);
        var readers = client.ListReaders(CancellationToken.None);
        var history = client.TryHistory(CancellationToken.None);
        await Task.WhenAll(profile, readers, history);
        return
        [
            new(LinkRules.ReadersRead, StatusOf(await readers)),
            new(LinkRules.HistoryRead, StatusOf(await history)),
            new(LinkRules.ProfileRead, StatusOf(await profile), (await profile).Body?.MerchantCode),
        ];
    }

    /// <summary>A success without the body of SumUp's API is no success: the address may be another server's.</summary>
    private static int? StatusOf<T>(CloudAnswer<T> answer) where T : class =>
        answer.Failure is CloudFailure.None ? answer.Status : null;
}
