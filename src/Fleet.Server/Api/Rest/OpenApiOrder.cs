using Microsoft.OpenApi;

namespace Fleet.Server.Api.Rest;

/// <summary>The order of the API description: what a till needs first comes first.</summary>
internal static class OpenApiOrder
{
    private const string OwnPaths = "/fleet";

    private static readonly string[] First =
    [
        "Checkouts", "Readers", "Settings", "Transactions", "Receipts", "Refunds", "Webhooks", "Fleet", "Merchants",
        "Stores", "Keys",
    ];

    /// <summary>Sorts tags and paths: SumUp's paths before Fleet's own, and each part by its tags.</summary>
    public static void SortOperations(this OpenApiDocument document)
    {
        document.Tags = new HashSet<OpenApiTag>((document.Tags ?? new HashSet<OpenApiTag>())
            .OrderBy(tag => Rank(tag.Name)).ThenBy(tag => tag.Name, StringComparer.Ordinal));
        var sorted = document.Paths.OrderBy(path => path.Key.StartsWith(OwnPaths, StringComparison.Ordinal))
            .ThenBy(path => Rank(TagOf(path.Value))).ThenBy(path => path.Key, StringComparer.Ordinal).ToArray();
        document.Paths = [];
        foreach (var (path, operations) in sorted) document.Paths[path] = operations;
    }

    private static string? TagOf(IOpenApiPathItem path) =>
        path.Operations?.Values.FirstOrDefault()?.Tags?.FirstOrDefault()?.Name;

    private static int Rank(string? tag) => Array.IndexOf(First, tag) is >= 0 and var rank ? rank : First.Length;
}
