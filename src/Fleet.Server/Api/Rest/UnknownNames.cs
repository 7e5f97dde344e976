using Fleet.Core;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Routes below <c>/fleet/v1</c> refuse what they would ignore: a misspelt parameter or member is an error that names
/// the nearest one. SumUp's own routes ignore such names, as SumUp does.
/// </summary>
internal static class UnknownNames
{
    /// <summary>Makes the routes of a group refuse parameters of the query that they do not have.</summary>
    public static RouteGroupBuilder RefusesUnknownParameters(this RouteGroupBuilder routes) =>
        routes.AddEndpointFilter(async (context, next) =>
            FindUnknown(context.HttpContext) is { } wrong ? Problem.BadRequest(wrong) : await next(context));

    /// <summary>Notes the parameters that the query of a route may have.</summary>
    public static void KnowParameters(this RouteHandlerBuilder route, IEnumerable<string> names) =>
        route.WithMetadata(new QueryNames([.. names]));

    /// <summary>
    /// What is wrong with the body of a route that takes none: a JSON object with members; null when nothing is.
    /// </summary>
    public static async ValueTask<Problem?> FindMember(HttpRequest request, CancellationToken cancel) =>
        !request.HasJsonContentType() ? null
        : (await JsonBody.ReadOptional(request, ApiJson.Default.EmptyView, cancel, strict: true)).Problem;

    private static FieldError? FindUnknown(HttpContext http)
    {
        var known = http.GetEndpoint()?.Metadata.GetMetadata<QueryNames>()?.Names ?? [];
        return http.Request.Query.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? new(unknown, JsonShape.TellUnknown(unknown, known))
            : null;
    }

    private sealed record QueryNames(IReadOnlyCollection<string> Names);
}
