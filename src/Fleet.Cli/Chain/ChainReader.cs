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
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            if (yaml.Documents is [var only])
            {
                var root = Fields(only.RootNode, "the file", "merchants");
                var merchants = Items(root, "merchants").Select(ReadMerchant).ToList();
                FindTwice(merchants, one => one.Code, one => one.Line, "merchant");
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

    private MerchantEntry ReadMerchant(YamlNode node)
    {
        const string Code = "merchant_code";
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
        var merchant = new MerchantEntry(LineOf(node), terms)
        {
            Sandbox = Flag(fields, "sandbox"),
            Suspended = Words(fields, "suspended"),
            AffiliateKeys = [.. Items(fields, "affiliate_keys").Select(key => ReadKey(key, "an affiliate key"))],
            Keys = [.. Items(fields, "keys").Select(key => ReadKey(key, "a key"))],
            Stores = [.. Items(fields, "stores").Select(ReadStore)],
            Readers = [.. Items(fields, "readers").Select(ReadReader)],
        };
        CheckMerchant(merchant, node);
        return merchant;
    }

    private void CheckMerchant(MerchantEntry merchant, YamlNode node)
    {
        Check(node, fields =>
        {
            fields.CheckCode(merchant.Code);
            if (merchant.Suspended is { Length: > 0 } reason)
                fields.RequireName("suspended", reason, MerchantFields.MaxReason);
        });
        FindTwice(merchant.Stores, one => one.Id, one => one.Line, "store");
        FindTwice(merchant.Readers, one => one.Id, one => one.Line, "reader");
    }

    private NamedEntry ReadKey(YamlNode node, string what)
    {
        // what only the export tells is taken and not compared
        var fields = Fields(node, what, "name", "app_id", "fingerprint", "retired", "prefix", "store", "scopes");
        var name = Text(fields, "name") ?? "";
        Check(node, check => check.RequireName("name", name, MerchantFields.MaxAffiliateName));
        return new(LineOf(node), name, Flag(fields, "retired") ?? false);
    }

    private StoreEntry ReadStore(YamlNode node)
    {
        var fields = Fields(node, "a store", "store", "name", "retired");
        var (id, name) = (Text(fields, "store") ?? "", Text(fields, "name"));
        Check(node, check =>
        {
            check.CheckStore("store", id);
            if (name is not null) check.RequireName("name", name, StoreFields.MaxName);
        });
        return new(LineOf(node), id, name, Flag(fields, "retired") ?? false);
    }

    private ReaderEntry ReadReader(YamlNode node)
    {
        var fields = Fields(node, "a reader", "reader_id", "name", "store", "tags", "serial");
        var (id, name, store) = (Text(fields, "reader_id") ?? "", Text(fields, "name"), Text(fields, "store"));
        var tags = fields.ContainsKey("tags")
            ? Items(fields, "tags").Select(tag => TextOf(tag, "tags") ?? "").Distinct().ToList()
            : null;
        Check(node, check =>
        {
            if (!Ids.IsReader(id)) check.AddError("reader_id", "must be the id of a reader");
            if (name is not null) check.RequireName("name", name, ReaderFields.MaxName);
            if (store is not null) check.CheckStore("store", store);
            if (tags is not null) check.CheckTags("tags", tags);
        });
        return new(LineOf(node), id, name, store, tags);
    }

    /// <summary>The fields of an update that a file can say.</summary>
    private static IEnumerable<FieldDescriptor> TermFields =>
        Proto.UpdateMerchantRequest.Descriptor.Fields.InFieldNumberOrder().Where(one => one.HasPresence);

    private void Check(YamlNode node, Action<FieldCheck> check)
    {
        var fields = new FieldCheck();
        check(fields);
        foreach (var (field, message) in fields.Errors) AddError(LineOf(node), $"{field} {message}.");
    }

    private void FindTwice<T>(IEnumerable<T> all, Func<T, string> nameOf, Func<T, int> lineOf, string what)
    {
        foreach (var same in all.GroupBy(nameOf).Where(group => group.Count() > 1))
            AddError(lineOf(same.Last()), $"The {what} {same.Key} is in line {lineOf(same.First())} already.");
    }
}
