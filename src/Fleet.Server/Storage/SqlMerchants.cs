using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Core.Merchants;
using Fleet.Server.Access;

namespace Fleet.Server.Storage;

/// <summary>
/// The merchants made over the API, in SQL that both databases understand. Each change first takes the next number of
/// all changes. That number is a row, so writers wait for each other, and readers see the changes in their order.
/// </summary>
internal sealed class SqlMerchants(Database database) : IMerchants
{
    private const string TakeNumber = "UPDATE merchant_changes SET latest = latest + 1";

    private const string Add = """
        INSERT INTO merchant (merchant_code, revision, change, body)
        SELECT @code, @revision, latest, @body FROM merchant_changes WHERE TRUE
        ON CONFLICT (merchant_code) DO NOTHING
        """;

    private const string Replace = """
        UPDATE merchant SET revision = @revision, change = (SELECT latest FROM merchant_changes), body = @body
        WHERE merchant_code = @code AND revision = @revision - 1
        """;

    public Task<IReadOnlyList<SavedMerchant>> ReadChanges(long after, int limit, CancellationToken cancel) =>
        database.ReadRows(
            "SELECT change, body FROM merchant WHERE change > @after ORDER BY change LIMIT @limit",
            row => new SavedMerchant(row.GetInt64(0), MerchantOf(row, 1)), cancel,
            ("after", after), ("limit", limit));

    public async Task<MerchantRecord?> FindMerchant(string code, CancellationToken cancel) =>
        (await database.ReadRows("SELECT body FROM merchant WHERE merchant_code = @code", row => MerchantOf(row, 0),
            cancel, ("code", code))).SingleOrDefault();

    public Task<bool> AddMerchant(MerchantRecord merchant) => Save(Add, merchant);

    public Task<bool> ReplaceMerchant(MerchantRecord merchant) => Save(Replace, merchant);

    private Task<bool> Save(string change, MerchantRecord merchant) => database.ChangeRows(
        new Statement(TakeNumber), new Statement(change, ("code", merchant.Code), ("revision", merchant.Revision),
            ("body", JsonSerializer.Serialize(merchant, MerchantJson.Default.MerchantRecord))));

    private static MerchantRecord MerchantOf(DbDataReader row, int column) =>
        JsonSerializer.Deserialize(row.GetString(column), MerchantJson.Default.MerchantRecord)
        ?? throw new JsonException("A merchant's body is null.");
}

/// <summary>How merchants are saved.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MerchantRecord))]
internal sealed partial class MerchantJson : JsonSerializerContext;
