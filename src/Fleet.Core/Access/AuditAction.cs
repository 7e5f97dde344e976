namespace Fleet.Core.Access;

/// <summary>The actions that the audit records.</summary>
public static class AuditAction
{
    public const string CheckoutStart = "checkout.start", CheckoutTerminate = "checkout.terminate",
        RefundCreate = "refund.create", OutcomeRecord = "outcome.record",
        CheckoutRelease = "checkout.release", RefundRecord = "refund.record",
        ReaderPair = "reader.pair", ReaderUpdate = "reader.update", ReaderDelete = "reader.delete",
        ReaderMove = "reader.move", StoreCreate = "store.create", StoreRename = "store.rename",
        StoreRetire = "store.retire",
        WebhookReplay = "webhook.replay", WebhookTest = "webhook.test",
        ReaderAdopt = "reader.adopt",
        ReaderSettings = "reader.settings", StoreSettings = "store.settings",
        KeyCreate = "key.create", KeyRotate = "key.rotate", KeyRevoke = "key.revoke",
        MerchantLink = "merchant.link", MerchantUnlink = "merchant.unlink",
        MerchantCreate = "merchant.create", MerchantUpdate = "merchant.update", MerchantSuspend = "merchant.suspend",
        MerchantResume = "merchant.resume", AffiliateAdd = "affiliate.add", AffiliateRetire = "affiliate.retire",
        SecretRotate = "secret.rotate",
        DayCompare = "day.compare",
        TotalsRebuild = "totals.rebuild",
        IncidentAssign = "incident.assign", IncidentNote = "incident.note", IncidentResolve = "incident.resolve",
        RetentionRun = "retention.run",
        SessionOpen = "session.open", SessionEnd = "session.end",
        Test = "test";
}
