using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// The link of one merchant with SumUp, with its client. The saved link comes before that of the configuration. It can
/// be changed while calls run: those end with the key with which they began, and later ones have the new one.
/// </summary>
internal sealed class AccountLink(
    string merchantCode, IPersistentState<CloudAccountRecord> record, CloudLinks links, CloudClients clients,
    Action giveUp, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>The state is written by one caller after the other.</summary>
    private readonly SemaphoreSlim _change = new(1);

    private CloudBudget? _budget;

    /// <summary>The link in use; null for none, or one whose keys cannot be opened.</summary>
    public CloudLink? Link { get; private set; }

    /// <summary>Its client.</summary>
    public CloudClient? Client { get; private set; }

    /// <summary>Whether there is a link, also one whose keys cannot be opened.</summary>
    public bool Exists => Link is not null || Saved is not null;

    private StoredLink? Saved => record.State.Link;

    /// <summary>Takes the link that there is.</summary>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    public void Open()
    {
        var link = Saved is { } saved ? links.OpenLink(merchantCode, saved) : links.FindConfigured(merchantCode);
        if (link is null && Saved is not null) log.KeyUnreadable(merchantCode);
        UseLink(link, link is null ? null : OpenClient(link));
    }

    /// <summary>Tries a link, and saves and uses it if it is good.</summary>
    public async Task<LinkReply> TryLink(LinkAccount ask, bool dryRun)
    {
        var (made, refusal) = links.MakeLink(merchantCode, ask, Saved, Link);
        if (made is null) return new(ShowLink(), [], refusal);
        var link = links.OpenLink(merchantCode, made)
            ?? throw new InvalidOperationException("This node cannot open what another node has sealed.");
        var client = OpenClient(link);
        var reads = await KeyTrial.TryKey(client);
        var permissions = LinkRules.ListPermissions(reads);
        refusal = LinkRules.JudgeKey(reads, merchantCode);
        if (refusal is null && !dryRun)
        {
            var saved = made with
            {
                Fingerprint = link.Key.Fingerprint,
                Permissions = permissions,
                LinkedAt = time.Now(),
            };
            await SaveLink(saved, link, client);
            log.AccountLinked(merchantCode, ask.KeyId);
        }
        return new(ShowLink(), permissions, refusal);
    }

    /// <summary>Removes the saved link, so that the one of the configuration counts again, if there is one.</summary>
    public async Task<LinkReply> Unlink(string keyId)
    {
        if (Saved is null)
            return new(ShowLink(), [], Link is null ? null : Refusal.InvalidFields(
                [new("merchant_code", "is linked by the configuration of the nodes, where it must be removed")]));
        var link = links.FindConfigured(merchantCode);
        await SaveLink(null, link, link is null ? null : OpenClient(link));
        log.AccountUnlinked(merchantCode, keyId);
        return new(ShowLink(), []);
    }

    /// <summary>The link as it may be shown.</summary>
    public LinkView ShowLink()
    {
        if (!Exists) return new() { Source = LinkSource.None };
        var (left, waiting) = _budget?.Show() ?? (0, 0);
        return new()
        {
            Source = Saved is null ? LinkSource.Configuration : LinkSource.Stored,
            State = Client switch
            {
                null => LinkState.KeyUnreadable,
                { IsWorking: true } => LinkState.Working,
                { IsBlocked: true } => LinkState.Blocked,
                _ => LinkState.Trying,
            },
            Fingerprint = Link?.Key.Fingerprint ?? Saved?.Fingerprint ?? "",
            AffiliateAppId = Link?.AffiliateAppId ?? Saved?.AffiliateAppId ?? "",
            BaseUrl = Link?.BaseUrl ?? Saved?.BaseUrl ?? "",
            RequestsPerSecond = Link?.RequestsPerSecond ?? Saved?.RequestsPerSecond ?? 0,
            Burst = Link?.Burst ?? Saved?.Burst ?? 0,
            Left = left,
            Waiting = waiting,
            Permissions = Saved?.Permissions ?? [],
            LinkedAt = Saved?.LinkedAt,
            LinkedBy = Saved?.LinkedBy ?? "",
        };
    }

    public void Dispose()
    {
        Client?.Close();
        _budget?.Dispose();
        _change.Dispose();
    }

    private CloudClient OpenClient(CloudLink link) =>
        clients.OpenClient(merchantCode, link, _budget ??= clients.OpenBudget(link));

    private async Task SaveLink(StoredLink? saved, CloudLink? link, CloudClient? client)
    {
        await _change.WaitAsync();
        try
        {
            await record.SaveState(record.State with { Link = saved });
            UseLink(link, client);
        }
        catch
        {
            giveUp(); // it is not known which link is saved: the next activation reads it
            throw;
        }
        finally
        {
            _change.Release();
        }
    }

    private void UseLink(CloudLink? link, CloudClient? client)
    {
        Client?.Close();
        (Link, Client) = (link, client);
        if (client is not null) clients.CountAccount(client);
        if (link is not null) _budget?.ChangeSize(link.RequestsPerSecond, link.Burst);
    }
}
