using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Api.Rpc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Fleet.Server.Api.Rest;

/// <summary>Makes the API description from the routes.</summary>
internal static class OpenApi
{
    private const string KeyScheme = "api_key";

    /// <summary>
    /// The members that a body must have. In the types every member may be missing, so that Fleet can name the missing
    /// one.
    /// </summary>
    private static readonly Dictionary<Type, string[]> Required = new()
    {
        [typeof(CheckoutRequest)] = ["total_amount"],
        [typeof(AmountRequest)] = ["currency", "minor_unit", "value"],
        [typeof(AffiliateRequest)] = ["app_id", "key", "foreign_transaction_id"],
        [typeof(AadeRequest)] = ["provider_id", "signature", "signature_data"],
        [typeof(GoCheckoutRequest)] = ["total_amount", "client_transaction_id"],
        [typeof(GoAmountRequest)] = ["currency", "value"],
        [typeof(GoAffiliateRequest)] = ["app_id", "key"],
        [typeof(CreateReaderBody)] = ["pairing_code", "name"],
        [typeof(UpdateReaderSettingsBody)] = ["menu_lock"],
        [typeof(ReplayBody)] = ["from", "to"],
        [typeof(TestWebhookBody)] = ["url"],
    };

    public static void ConfigureDocument(OpenApiOptions options)
    {
        options.ShouldInclude = route => HttpSetup.IsApi(route.RelativePath?.Split('/')[0] ?? "");
        options.AddSchemaTransformer((schema, context, _) =>
        {
            foreach (var member in context.JsonTypeInfo.Properties.Where(IsLeftOut))
                schema.Required?.Remove(member.Name);
            if (Required.TryGetValue(context.JsonTypeInfo.Type, out var members))
                schema.Required = new HashSet<string>(members);
            if (context.JsonPropertyInfo is not { } property) return Task.CompletedTask;
            if (IsRequired(property)) schema.Type &= ~JsonSchemaType.Null;
            schema.AddRules(property.DeclaringType, property.Name);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var route = context.Description.RelativePath ?? "";
            if (route.Contains("{merchant_code}", StringComparison.Ordinal))
                operation.TakesText("merchant_code", ParameterLocation.Path, "SumUp's code of the merchant.");
            else
                operation.TakesText(Reach.MerchantHeader, ParameterLocation.Header,
                    "SumUp's code of the merchant; only for keys of the whole chain.");
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "Fleet",
                Version = "v1",
                Description = "SumUp's Cloud API for Solo readers, served by the chain itself.",
            };
            document.Components ??= new();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [KeyScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" },
            };
            document.Security = [new() { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer<RpcDescription>();
        options.AddDocumentTransformer((document, _, _) =>
        {
            foreach (var server in document.Servers ?? []) server.Url = server.Url?.TrimEnd('/');
            document.AddExamples();
            document.SortOperations();
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// Documents the body of a route that reads it itself. <c>Accepts</c> is not used, because the router would then
    /// refuse a body before the key is checked.
    /// </summary>
    public static RouteHandlerBuilder TakesBody<T>(this RouteHandlerBuilder route, bool required = true) =>
        route.AddOpenApiOperationTransformer(async (operation, context, cancel) =>
        {
            var (name, schema) = (typeof(T).Name, await context.GetOrCreateSchemaAsync(typeof(T), null, cancel));
            context.Document?.AddComponent(name, schema);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = required,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/json"] = new() { Schema = new OpenApiSchemaReference(name, context.Document) },
                },
            };
        });

    /// <summary>Documents an optional header of a route.</summary>
    public static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, string description) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.TakesText(name, ParameterLocation.Header, description);
            return Task.CompletedTask;
        });

    /// <summary>Documents that a route also answers in other forms than JSON.</summary>
    public static RouteHandlerBuilder AnswersAlso(this RouteHandlerBuilder route, params string[] mediaTypes) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            var schema = new OpenApiSchema { Type = JsonSchemaType.String };
            foreach (var type in mediaTypes)
                operation.Responses?["200"].Content?.TryAdd(type, new OpenApiMediaType { Schema = schema });
            return Task.CompletedTask;
        });

    /// <summary>Documents optional parts of a route's query.</summary>
    public static RouteHandlerBuilder TakesQuery(
        this RouteHandlerBuilder route, params (string Name, string Description)[] parameters)
    {
        route.KnowParameters(parameters.Select(parameter => parameter.Name));
        return route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            foreach (var (name, description) in parameters.Reverse())
            {
                var bound = operation.Parameters?.FirstOrDefault(known => known.Name == name);
                // the handler binds it without a description
                if (bound is not null) operation.Parameters?.Remove(bound);
                operation.TakesText(name, ParameterLocation.Query, description);
            }
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// Documents a route: its name, its summary and its answers; 200 unless a 2xx is among the statuses.
    /// </summary>
    public static RouteHandlerBuilder DescribeRoute<T>(
        this RouteHandlerBuilder route, string name, string summary, params int[] statuses)
    {
        var success = statuses.FirstOrDefault(status => status < 300);
        route.Produces<T>(success is 0 ? StatusCodes.Status200OK : success);
        return route.DescribeRefusals(name, summary, statuses);
    }

    /// <summary>Documents a route that answers with an empty body.</summary>
    public static RouteHandlerBuilder DescribeRoute(
        this RouteHandlerBuilder route, string name, string summary, params int[] statuses)
    {
        route.Produces(StatusCodes.Status200OK);
        return route.DescribeRefusals(name, summary, statuses);
    }

    /// <summary>Documents a route that answers with server-sent events.</summary>
    public static RouteHandlerBuilder DescribeStream(
        this RouteHandlerBuilder route, string name, string summary, params int[] statuses)
    {
        route.WithMetadata(new MayWaitAttribute());
        route.Produces(StatusCodes.Status200OK, contentType: "text/event-stream");
        return route.DescribeRefusals(name, summary, statuses);
    }

    private static RouteHandlerBuilder DescribeRefusals(
        this RouteHandlerBuilder route, string name, string summary, int[] statuses)
    {
        foreach (var status in statuses.Where(status => status >= 400).Concat([429, 503]).Distinct())
            route.ProducesProblem(status);
        return route.WithName(name).WithSummary(summary);
    }

    private static bool IsRequired(JsonPropertyInfo member) =>
        Required.TryGetValue(member.DeclaringType, out var members) && members.Contains(member.Name);

    /// <summary>Whether an answer leaves out a member that is null, which is the rule.</summary>
    private static bool IsLeftOut(JsonPropertyInfo member) =>
        member.IsGetNullable
        && member.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: false) is not true;

    private static void TakesText(
        this OpenApiOperation operation, string name, ParameterLocation where, string description) =>
        (operation.Parameters ??= []).Insert(0, new OpenApiParameter
        {
            Name = name,
            In = where,
            Required = where is ParameterLocation.Path,
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        });
}
