using System.Text.Json;
using Fleet.Core.Cloud;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Takes SumUp's signed events about readers, for merchants whose secret is configured. An event is only a hint: the
/// readers are compared, whatever else it says.
/// </summary>
internal static class CloudEventEndpoint
{
    public const string Path = "/fleet/v1/cloud-events";

    private static readonly string[] Types = ["readers.created", "readers.deleted"];

    public static void MapCloudEvents(this IEndpointRouteBuilder api) =>
        api.MapPost(Path + "/{merchant}", TakeEvent).ExcludeFromDescription();

    private static async Task<Results<Ok, Problem>> TakeEvent(
        string merchant, HttpRequest request, MerchantDirectory merchants, IGrainFactory grains, TimeProvider time,
        CancellationToken cancel)
    {
        if (merchants.FindMerchant(merchant)?.SumUp?.EventSecret is not { } secret) return Problem.NotFound;
        var body = await JsonBody.ReadBytes(request, cancel);
        if (!EventSignature.IsGood($"{request.Headers[EventSignature.Header]}", body.Span, secret, time.Now()))
            return Problem.Unauthorized;
        if (IsAboutReaders(body)) await grains.GetGrain<ICloudAccountGrain>(merchant).CompareSoon();
        return TypedResults.Ok();
    }

    /// <summary>Events of other kinds, and new ones, are taken and ignored.</summary>
    private static bool IsAboutReaders(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("type", out var type) && type.ValueKind is JsonValueKind.String
                && Types.Contains(type.GetString());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
