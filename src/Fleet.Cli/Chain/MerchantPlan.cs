using Google.Protobuf.Reflection;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>The plan for one merchant.</summary>
internal sealed class MerchantPlan(MerchantEntry wanted, MerchantState found)
{
    private const string Merchants = "merchants", AffiliateKeys = "affiliate keys", Suspended = "suspended";

    public List<ChainChange> Changes { get; } = [];

    public List<LineError> Errors { get; } = [];

    public List<LineError> Notes { get; } = [];

    private string Code => wanted.Code;

    /// <summary>Fills the lists.</summary>
    public void Compare()
    {
        CompareTerms();
        if (wanted.Suspended is { Length: > 0 }) CompareSuspension(); // before a new merchant has a reader
        new StorePlan(wanted, found, this).Compare();
        new MenuLockPlan(wanted, found, this).Compare();
        foreach (var key in wanted.AffiliateKeys) CompareAffiliate(key);
        foreach (var key in wanted.Keys.Where(one => found.Keys.All(known => known.Name != one.Name)))
            Notes.Add(new(key.Line, $"{Code} has no key {key.Name}: make it with 'fleet keys create'."));
        if (wanted.Suspended is { Length: 0 }) CompareSuspension();
    }

    private void CompareTerms()
    {
        if (found.Merchant is not { } now)
        {
            AddNew();
            return;
        }
        if (wanted.Sandbox is { } sandbox && sandbox != now.Sandbox)
            Errors.Add(new(wanted.Lines.Of("sandbox"),
                $"{Code} is a {(now.Sandbox ? "sandbox" : "live")} merchant, for good."));
        var (ask, said, lines) = (wanted.Terms.Clone(), new List<string>(), new List<int>());
        foreach (var field in Said(wanted.Terms))
        {
            var (to, from) = (field.Accessor.GetValue(wanted.Terms), Same(field, now).GetValue(now));
            if (Equals(to, from)) field.Accessor.Clear(ask);
            else
            {
                said.Add($"{field.Name}: {ChainText.Show(from)} -> {ChainText.Show(to)}");
                lines.Add(wanted.Lines.Of(field.Name));
            }
        }
        if (said.Count == 0) return;
        if (now.Source == "configuration")
        {
            Errors.Add(new(lines[0],
                $"{Code} is in the configuration: change it there ({string.Join(", ", said)})."));
            return;
        }
        ask.Revision = now.Revision;
        Add(wanted.Lines, Merchants, $"~ merchant {Code} {string.Join(", ", said)}",
            session => Ask(session, call => session.Node.Merchants.UpdateAsync(ask, call)),
            session => Ask(session, call => session.Node.Merchants.UpdateAsync(Dry(ask), call)));
    }

    private void AddNew()
    {
        var ask = new Proto.CreateMerchantRequest { MerchantCode = Code, Sandbox = wanted.Sandbox ?? false };
        foreach (var field in Said(wanted.Terms))
            ask.Accessor(field.Name).SetValue(ask, field.Accessor.GetValue(wanted.Terms));
        var dry = ask.Clone();
        dry.DryRun = true;
        Add(wanted.Lines, Merchants, $"+ merchant {Code} {ChainText.Show(ask.Name)}",
            session => Patience.CallChain(session, call => session.Node.Merchants.CreateAsync(ask, call)),
            session => Patience.CallChain(session, call => session.Node.Merchants.CreateAsync(dry, call)));
    }

    private void CompareAffiliate(NamedEntry key)
    {
        if (found.Merchant?.AffiliateKeys.FirstOrDefault(one => one.Name == key.Name) is not { } now)
        {
            if (!key.Retired)
                Notes.Add(new(key.Line, $"{Code} has no affiliate key {key.Name}: add it with 'fleet merchants "
                    + "add-affiliate-key'."));
            return;
        }
        if (!key.Retired || now.RetiredAt is not null) return;
        var ask = new Proto.RetireAffiliateKeyRequest { MerchantCode = Code, Name = key.Name };
        Add(key.Line, AffiliateKeys, $"- affiliate key {Code}/{key.Name}",
            session => Ask(session, call => session.Node.Merchants.RetireAffiliateKeyAsync(ask, call)));
    }

    private void CompareSuspension()
    {
        var now = found.Merchant?.Suspension?.Reason ?? "";
        if (wanted.Suspended is not { } reason || reason == now) return;
        if (found.Merchant?.Source == "configuration")
        {
            Errors.Add(new(wanted.Lines.Of(Suspended), $"{Code} is in the configuration: it cannot be suspended."));
            return;
        }
        if (reason.Length == 0)
        {
            var resume = new Proto.ResumeMerchantRequest { MerchantCode = Code };
            Add(wanted.Lines.Of(Suspended), Merchants, $"~ merchant {Code} starts payments again",
                session => Ask(session, call => session.Node.Merchants.ResumeAsync(resume, call)));
            return;
        }
        var suspend = new Proto.SuspendMerchantRequest { MerchantCode = Code, Reason = reason };
        Add(wanted.Lines.Of(Suspended), Merchants,
            $"~ merchant {Code} suspended: {ChainText.Show(now)} -> {ChainText.Show(reason)}",
            session => Ask(session, call => session.Node.Merchants.SuspendAsync(suspend, call)));
    }

    /// <summary>Adds a change.</summary>
    public void Add(int line, string kind, string text, Func<Session, Task> make) =>
        Changes.Add(new(line, Code, kind, text, make));

    /// <summary>Adds a change of the merchant that Fleet can check before it is made.</summary>
    private void Add(
        ItemLines item, string kind, string text, Func<Session, Task> make, Func<Session, Task> check) =>
        Changes.Add(new(item.First, Code, kind, text, make) { Check = check, Item = item });

    /// <summary>A call for the merchant. Another node than the one that made it may not know it yet.</summary>
    public Task<T> Ask<T>(Session session, Func<CallOptions, AsyncUnaryCall<T>> call) =>
        Patience.Call(session, Code, call, isNew: found.Merchant is null);

    private static Proto.UpdateMerchantRequest Dry(Proto.UpdateMerchantRequest ask)
    {
        var dry = ask.Clone();
        dry.DryRun = true;
        return dry;
    }

    /// <summary>The fields that a file says.</summary>
    private static IEnumerable<FieldDescriptor> Said(Proto.UpdateMerchantRequest terms) =>
        Proto.UpdateMerchantRequest.Descriptor.Fields.InFieldNumberOrder()
            .Where(field => field.HasPresence && field.Accessor.HasValue(terms));

    private static IFieldAccessor Same(FieldDescriptor field, Proto.Merchant merchant) => merchant.Accessor(field.Name);
}
