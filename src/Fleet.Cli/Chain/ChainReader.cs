using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Merchants;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Google.Protobuf.Reflection;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>
/// Reads a file about a chain, in YAML or JSON, and collects everything that is wrong with it, by line.
/// </summary>
internal sealed class ChainReader : YamlFields
{
    /// <summary>Levels of a file: the deepest that means something are the fields of a menu lock.</summary>
    private const int MaxDepth = 32;

    private const string Code = "merchant_code", MenuLock = "menu_lock";

    private ChainReader() { }

    /// <summary>The file, and what is wrong with it; with errors it must not be used.</summary>
    public static (ChainFile File, IReadOnlyList<LineError> Errors) ReadText(string text)
    {
        var reader = new ChainReader();
        return (reader.ReadFile(text), reader.Errors);
    }

    private ChainFile ReadFile(string text)
    {
        try
        {
            if (IsTooDeep(text)) return new([]);
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            if (yaml.Documents is [var only])
            {
                var root = Fields(only.RootNode, "the file", "merchants");
                var merchants = Items(root, "merchants").Select(ReadMerchant).ToList();
                FindTwice(merchants, one => one.Code, one => one.Lines.Of(Code), "merchant");
                return new(merchants);
            }
            AddError(1, "The file must have one document, with the field merchants.");
        }
        catch (YamlException e)
        {
            AddError((int)e.Start.Line, $"This is no YAML: {e.InnerException?.Message ?? e.Message}");
        }
        return new([]);
    }

    /// <summary>Whether there are more levels than the library, which calls itself for each, can read.</summary>
    private bool IsTooDeep(string text)
    {
        var parser = new Parser(new StringReader(text));
        for (var depth = -2; parser.MoveNext();) // the stream and its document are no levels
        {
            depth += parser.Current?.NestingIncrease ?? 0;
            if (depth <= MaxDepth) continue;
            AddError((int)(parser.Current?.Start.Line ?? 1), $"There are more than {MaxDepth} levels.");
            return true;
        }
        return false;
    }

    private MerchantEntry ReadMerchant(YamlNode node)
    {
        var terms = new Proto.UpdateMerchantRequest();
        var own = TermFields.ToDictionary(field => field.Name);
        var fields = Fields(node, "a merchant",
            [Code, "sandbox", "suspended", "affiliate_keys", "keys", "stores", "readers", .. own.Keys]);
        terms.MerchantCode = Text(fields, Code) ?? "";
        foreach (var (name, field) in own.Where(one => fields.ContainsKey(one.Key)))
        {
            object? value = field.FieldType switch
            {
                FieldType.Bool => Flag(fields, name),
                FieldType.Int64 => Number(fields, name),
                _ => Words(fields, name),
            };
            if (value is not null) field.Accessor.SetValue(terms, value);
        }
        var merchant = new MerchantEntry(LinesOf(node, fields), terms)
        {
            Sandbox = Flag(fields, "sandbox"),
            Suspended = Words(fields, "suspended"),
            AffiliateKeys = [.. Items(fields, "affiliate_keys").Select(key => ReadKey(key, "an affiliate key"))],
            Keys = [.. Items(fields, "keys").Select(key => ReadKey(key, "a key"))],
            Stores = [.. Items(fields, "stores").Select(ReadStore)],
            Readers = [.. Items(fields, "readers").Select(ReadReader)],
        };
        CheckMerchant(merchant);
        return merchant;
    }

    private void CheckMerchant(MerchantEntry merchant)
    {
        Check(merchant.Lines, fields =>
        {
            fields.CheckCode(merchant.Code);
            if (merchant.Suspended is { Length: > 0 } reason)
                fields.RequireName("suspended", reason, MerchantFields.MaxReason);
        });
        FindTwice(merchant.Stores, one => one.Id, one => one.Lines.Of("store"), "store");
        FindTwice(merchant.Readers, one => one.Id, one => one.Lines.Of("reader_id"), "reader");
    }

    private NamedEntry ReadKey(YamlNode node, string what)
    {
        // what only the export tells is taken and not compared
        var fields = Fields(node, what, "name", "app_id", "fingerprint", "retired", "prefix", "store", "scopes");
        var name = Text(fields, "name") ?? "";
        Check(LinesOf(node, fields), check => check.RequireName("name", name, MerchantFields.MaxAffiliateName));
        return new(LineOf(node), name, Flag(fields, "retired") ?? false);
    }

    private StoreEntry ReadStore(YamlNode node)
    {
        var fields = Fields(node, "a store", "store", "name", "retired", MenuLock);
        var (id, name, lines) = (Text(fields, "store") ?? "", Text(fields, "name"), LinesOf(node, fields));
        Check(lines, check =>
        {
            check.CheckStore("store", id);
            if (name is not null) check.RequireName("name", name, StoreFields.MaxName);
        });
        return new(lines, id, name, Flag(fields, "retired") ?? false, ReadLock(fields));
    }

    private ReaderEntry ReadReader(YamlNode node)
    {
        var fields = Fields(node, "a reader", "reader_id", "name", "store", "tags", MenuLock, "serial");
        var lines = LinesOf(node, fields);
        var (id, name, store) = (Text(fields, "reader_id") ?? "", Text(fields, "name"), Text(fields, "store"));
        var tags = fields.ContainsKey("tags")
            ? Items(fields, "tags").Select(tag => TextOf(tag, "tags") ?? "").Distinct().ToList()
            : null;
        Check(lines, check =>
        {
            if (!Ids.IsReader(id)) check.AddError("reader_id", "must be the id of a reader");
            if (name is not null) check.RequireName("name", name, ReaderFields.MaxName);
            if (store is not null) check.CheckStore("store", store);
            if (tags is not null) check.CheckTags("tags", tags);
        });
        return new(lines, id, name, store, tags, ReadLock(fields));
    }

    /// <summary>A menu lock; an empty text gives up what was set.</summary>
    private MenuLockEntry? ReadLock(Dictionary<string, YamlNode> fields)
    {
        if (!fields.TryGetValue(MenuLock, out var node)) return null;
        if (node is YamlScalarNode { Value: "", Style: not ScalarStyle.Plain }) return new(LineOf(node), null);
        return Flag(Fields(node, "a menu lock", "enabled"), "enabled") is { } enabled
            ? new(LineOf(node), enabled)
            : null;
    }

    /// <summary>The fields of an update that a file can say.</summary>
    private static IEnumerable<FieldDescriptor> TermFields =>
        Proto.UpdateMerchantRequest.Descriptor.Fields.InFieldNumberOrder().Where(one => one.HasPresence);

    private void Check(ItemLines lines, Action<FieldCheck> check)
    {
        var fields = new FieldCheck();
        check(fields);
        foreach (var (field, message) in fields.Errors) AddError(lines.Of(field), $"{field} {message}.");
    }

    private void FindTwice<T>(IEnumerable<T> all, Func<T, string> nameOf, Func<T, int> lineOf, string what)
    {
        foreach (var same in all.GroupBy(nameOf).Where(group => group.Count() > 1))
            AddError(lineOf(same.Last()), $"The {what} {same.Key} is in line {lineOf(same.First())} already.");
    }
}
