using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// Reads and changes the settings of readers in SumUp's cloud. Passcodes are opened for the request only.
/// </summary>
internal sealed class CloudSettings(PasscodeSeal passcodes)
{
    private const string Applied = "applied";

    /// <summary>Whether the cloud has a reader; null when it did not say, or the merchant is not linked.</summary>
    public static Task<bool?> HasReader(CloudClient? client, string cloudReaderId) =>
        client?.HasReader(cloudReaderId) ?? Task.FromResult<bool?>(null);

    /// <summary>The settings as the cloud has them.</summary>
    public async Task<CloudSettingsReply> Read(CloudClient? client, string cloudReaderId)
    {
        if (client is null) return new(null, Refusal.ProviderUnavailable);
        var answer = await client.ReadSettings(cloudReaderId, CancellationToken.None);
        if (answer.Body is { } read)
        {
            var passcode = read.Passcode is { } text && SettingsRules.IsPasscode(text) ? text : null;
            return new(passcodes.SealLock(client.Account.MerchantCode, read.Enabled, passcode));
        }
        return new(null, SettingsAnswerRules.SortRead(ToAnswer(answer)));
    }

    /// <summary>Changes settings, once; null when the device has applied them.</summary>
    public async Task<Refusal?> Change(CloudClient? client, string cloudReaderId, MenuLock change)
    {
        if (client is null) return Refusal.ProviderUnavailable;
        var answer = await client.ChangeSettings(cloudReaderId, new()
        {
            MenuLock = new()
            {
                Enabled = change.Enabled, Passcode = passcodes.OpenPasscode(client.Account.MerchantCode, change),
            },
        });
        var isApplied = answer.Body is { } body
            && (body.Status is null || body.Status.Equals(Applied, StringComparison.OrdinalIgnoreCase));
        return SettingsAnswerRules.SortChange(ToAnswer(answer), isApplied);
    }

    private static CreateAnswer ToAnswer(CloudAnswer<WireSettings> answer) => new CloudAnswer<WireIds>(
        answer.Failure, answer.Status, null, answer.Error, answer.RetryAfter, answer.Problem).ToCreateAnswer();
}
