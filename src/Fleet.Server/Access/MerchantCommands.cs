using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Merchants;

namespace Fleet.Server.Access;

/// <summary>
/// Makes and changes merchants. A change is one row that is saved or not: a node that dies leaves nothing half-done. It
/// counts at once on this node, and within 5 s on all others.
/// </summary>
internal sealed class MerchantCommands(
    IMerchants saved, MerchantDirectory directory, WebhookSecrets secrets, AuditLog audit, TimeProvider time)
{
    /// <summary>How often a change is tried when another one was saved in between.</summary>
    private const int MaxTries = 5;

    /// <summary>Makes a merchant. The same caller may ask for the same one again.</summary>
    /// <param name="caller">Who makes it.</param>
    /// <param name="code">Its code.</param>
    /// <param name="sandbox">Whether it has virtual readers.</param>
    /// <param name="terms">What is said of it.</param>
    /// <param name="dryRun">Whether only to check, and to return what would be made.</param>
    public async Task<MerchantEdit> Create(
        Caller caller, string code, bool sandbox, MerchantTerms terms, bool dryRun)
    {
        var now = time.Now();
        var wanted = new MerchantRecord
        {
            Code = code, Sandbox = sandbox, Revision = 1, Terms = terms, CreatedAt = now, CreatedBy = caller.KeyId,
            UpdatedAt = now,
        };
        for (var tries = 1; ; tries++)
        {
            var found = await saved.FindMerchant(code, CancellationToken.None);
            var (made, refusal) = MerchantEdits.Create(directory.IsConfigured(code), found, wanted);
            if (made is null) return new MerchantEdit(null, refusal);
            if (dryRun) return made;
            if (made == found) return Learn(made);
            if (tries > MaxTries) return Refusal.MerchantExists;
            if (tries == 1) await RecordCall(caller, AuditAction.MerchantCreate, code);
            if (await saved.AddMerchant(made)) return Learn(made);
        }
    }

    /// <summary>Changes a merchant that was made over the API.</summary>
    /// <param name="caller">Who changes it.</param>
    /// <param name="code">Its code.</param>
    /// <param name="action">The action in the audit.</param>
    /// <param name="detail">What is changed, in the audit: names of fields or of keys.</param>
    /// <param name="revision">The revision that the caller knows; 0 for any.</param>
    /// <param name="edit">The change.</param>
    /// <param name="dryRun">Whether only to check, and to return what would be.</param>
    public async Task<MerchantEdit> Change(
        Caller caller, string code, string action, string detail, long revision,
        Func<MerchantRecord, MerchantEdit> edit, bool dryRun = false)
    {
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            var before = await saved.FindMerchant(code, CancellationToken.None);
            var (after, refusal) = MerchantEdits.Change(directory.IsConfigured(code), before, revision, edit);
            if (after is null) return new MerchantEdit(null, refusal);
            if (dryRun) return after;
            if (after == before) return Learn(after);
            if (tries == 1) await RecordCall(caller, action, code, detail);
            if (await saved.ReplaceMerchant(after)) return Learn(after);
        }
        return Refusal.MerchantChanged;
    }

    /// <summary>
    /// Makes a secret for the webhooks of a merchant. Those before it are used until the overlap is over.
    /// </summary>
    /// <returns>The secret, which cannot be read again, and the merchant; or why there is none.</returns>
    public async Task<(string Secret, MerchantEdit Edit)> RotateSecret(
        Caller caller, string code, TimeSpan overlap)
    {
        var (text, now) = (RandomIds.NewWebhookSecret(), time.Now());
        var made = new SigningSecret(Guid.CreateVersion7(now), secrets.SealSecret(code, text), now);
        var edit = await Change(caller, code, AuditAction.SecretRotate, $"{made.Id}", revision: 0,
            merchant => MerchantEdits.RotateSecret(merchant, made, overlap, now));
        return (text, edit);
    }

    private MerchantRecord Learn(MerchantRecord merchant)
    {
        directory.Learn(merchant);
        return merchant;
    }

    /// <summary>The row is about the merchant, which a key of the whole chain does not name by itself.</summary>
    private Task RecordCall(Caller caller, string action, string code, string detail = "") =>
        audit.RecordCall(caller with { WorksFor = code }, action, code, detail);
}
