using System.CommandLine;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>The verb that writes a chain as a file, which <see cref="ApplyVerb"/> reads.</summary>
internal static class ExportVerb
{
    public static Command BuildCommand(CommandLine line) => line.BuildVerb("export",
        "Write merchants, stores and readers as YAML, keys without their secrets; 'apply' reads it.", Export);

    private static async Task Export(Session session)
    {
        var merchants = (await ChainState.ListMerchants(session)).ToDictionary(one => one.MerchantCode);
        var states = await ChainState.ReadAll(session, merchants);
        var root = new YamlMappingNode
        {
            {
                "merchants",
                new YamlSequenceNode(states.OrderBy(one => one.Key, StringComparer.Ordinal)
                    .Select(one => ToNode(one.Value)))
            },
        };
        new YamlStream(new YamlDocument(root)).Save(session.Terminal.Out, assignAnchors: false);
    }

    private static YamlMappingNode ToNode(MerchantState state)
    {
        var merchant = state.Merchant ?? new();
        var node = new YamlMappingNode();
        AddText(node, "merchant_code", merchant.MerchantCode);
        AddFlag(node, "sandbox", merchant.Sandbox);
        foreach (var field in Proto.UpdateMerchantRequest.Descriptor.Fields.InFieldNumberOrder()
            .Where(field => field.HasPresence))
        {
            var value = merchant.Accessor(field.Name).GetValue(merchant);
            if (value is string text) AddText(node, field.Name, text);
            else if (value is true) AddFlag(node, field.Name, true);
            else if (value is long and > 0) node.Add(field.Name, FormattableString.Invariant($"{value}"));
        }
        AddText(node, "suspended", merchant.Suspension?.Reason ?? "");
        AddList(node, "affiliate_keys", merchant.AffiliateKeys.Select(ToNode));
        AddList(node, "keys", state.Keys.OrderBy(key => key.Name, StringComparer.Ordinal).Select(ToNode));
        AddList(node, "stores", state.Stores.Values.OrderBy(one => one.Store_, StringComparer.Ordinal)
            .Select(one => ToNode(one, state.StoreLocks.GetValueOrDefault(one.Store_))));
        AddList(node, "readers",
            state.Readers.Values.OrderBy(one => one.ReaderId, StringComparer.Ordinal)
                .Select(one => ToNode(one, state.ReaderLocks.GetValueOrDefault(one.ReaderId))));
        return node;
    }

    private static YamlMappingNode ToNode(Proto.AffiliateKey key)
    {
        var node = new YamlMappingNode();
        AddText(node, "name", key.Name);
        AddText(node, "app_id", key.AppId);
        AddText(node, "fingerprint", key.Fingerprint);
        if (key.RetiredAt is not null) AddFlag(node, "retired", true);
        return node;
    }

    private static YamlMappingNode ToNode(Proto.ApiKey key)
    {
        var node = new YamlMappingNode();
        AddText(node, "name", key.Name);
        AddText(node, "prefix", key.Prefix);
        AddText(node, "store", key.Store);
        AddTexts(node, "scopes", key.Scopes);
        return node;
    }

    private static YamlMappingNode ToNode(Proto.Store store, Proto.MenuLock? menuLock)
    {
        var node = new YamlMappingNode();
        AddText(node, "store", store.Store_);
        AddText(node, "name", store.Name);
        if (store.RetiredAt is not null) AddFlag(node, "retired", true);
        AddLock(node, menuLock);
        return node;
    }

    private static YamlMappingNode ToNode(Proto.Reader reader, Proto.MenuLock? menuLock)
    {
        var node = new YamlMappingNode();
        AddText(node, "reader_id", reader.ReaderId);
        AddText(node, "name", reader.Name);
        AddText(node, "store", reader.Store);
        AddTexts(node, "tags", reader.Tags);
        AddLock(node, menuLock);
        AddText(node, "serial", reader.Serial);
        return node;
    }

    /// <summary>A text is quoted, so that no other program takes it for a number or a truth value.</summary>
    private static void AddText(YamlMappingNode node, string name, string text)
    {
        if (text.Length > 0) node.Add(name, Quoted(text));
    }

    private static void AddTexts(YamlMappingNode node, string name, IEnumerable<string> texts) =>
        node.Add(name, new YamlSequenceNode(texts.Order(StringComparer.Ordinal).Select(Quoted))
        {
            Style = YamlDotNet.Core.Events.SequenceStyle.Flow,
        });

    private static void AddFlag(YamlMappingNode node, string name, bool flag) =>
        node.Add(name, flag ? "true" : "false");

    /// <summary>The passcode is a secret, and is not exported.</summary>
    private static void AddLock(YamlMappingNode node, Proto.MenuLock? menuLock)
    {
        if (menuLock is not { HasEnabled: true }) return;
        var inner = new YamlMappingNode();
        AddFlag(inner, "enabled", menuLock.Enabled);
        node.Add("menu_lock", inner);
    }

    private static void AddList(YamlMappingNode node, string name, IEnumerable<YamlNode> items)
    {
        if (new YamlSequenceNode(items) is { Children.Count: > 0 } list) node.Add(name, list);
    }

    private static YamlScalarNode Quoted(string text) => new(text) { Style = ScalarStyle.DoubleQuoted };
}
