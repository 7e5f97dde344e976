using Microsoft.Net.Http.Headers;

namespace Fleet.Server.Api.Receipts;

/// <summary>In which form a receipt is answered.</summary>
internal enum ReceiptFormat
{
    Json,
    Html,
    Pdf,
}

/// <summary>Reads the header <c>Accept</c>.</summary>
internal static class ReceiptFormats
{
    /// <summary>What there is, the usual one first: it is taken where the caller likes two the same.</summary>
    private static readonly (ReceiptFormat Format, MediaTypeHeaderValue Type)[] Offered =
    [
        (ReceiptFormat.Json, new("application/json")), (ReceiptFormat.Html, new("text/html")),
        (ReceiptFormat.Pdf, new("application/pdf")),
    ];

    /// <summary>
    /// The form that the caller likes best, by the weights (<c>q</c>) of its media types; null when it accepts none of
    /// them. Without the header, or with one that cannot be read, it is JSON.
    /// </summary>
    public static ReceiptFormat? Choose(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) || accepted.Count == 0)
            return ReceiptFormat.Json;
        var (best, likes) = Offered.Select(one => (one.Format, Likes: WeightOf(one.Type, accepted)))
            .MaxBy(one => one.Likes); // the first of those that are the same
        return likes > 0 ? best : null;
    }

    /// <summary>The weight of the most specific media type for it: <c>text/html</c> before <c>*/*</c>.</summary>
    private static double WeightOf(MediaTypeHeaderValue type, IEnumerable<MediaTypeHeaderValue> accepted) => accepted
        .Where(one => type.IsSubsetOf(WithoutParameters(one)))
        .OrderBy(one => one.MatchesAllTypes ? 2 : one.MatchesAllSubTypes ? 1 : 0)
        .Select(one => one.Quality ?? 1).FirstOrDefault();

    /// <summary>Parameters as <c>charset</c> do not matter here.</summary>
    private static MediaTypeHeaderValue WithoutParameters(MediaTypeHeaderValue one) => new(one.MediaType);
}
