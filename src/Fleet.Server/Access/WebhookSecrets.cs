namespace Fleet.Server.Access;

/// <summary>The secrets with which the webhooks of merchants are signed.</summary>
internal sealed class WebhookSecrets(MerchantDirectory merchants, Seal seal, TimeProvider time)
{
    /// <summary>Encrypts a secret, for one merchant only.</summary>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    public string SealSecret(string merchantCode, string secret) => seal.SealText(PurposeOf(merchantCode), secret);

    /// <summary>The secrets of a merchant that are used now; none when its webhooks are not signed.</summary>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    /// <exception cref="InvalidOperationException">
    /// A secret cannot be opened: what it should sign must not be sent without it.
    /// </exception>
    public IReadOnlyList<string> FindSecrets(string merchantCode)
    {
        if (merchants.FindMerchant(merchantCode) is not { } merchant) return [];
        if (merchant.Record is not { } record) return merchant.WebhookSecrets;
        var now = time.Now();
        return
        [
            .. record.Secrets.Where(secret => secret.IsGoodAt(now)).Select(secret =>
                seal.OpenText(PurposeOf(merchantCode), secret.Sealed)
                ?? throw new InvalidOperationException($"The secret {secret.Id} of webhooks cannot be opened.")),
        ];
    }

    private static string PurposeOf(string merchantCode) => $"fleet.webhook-secret.{merchantCode}";
}
