using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>Reads the settings of a reader, and changes them; success means that its device has applied them.</summary>
internal static class SettingsEndpoints
{
    private const string Applied = "applied";

    public static void MapSettings(this IEndpointRouteBuilder api)
    {
        var settings = api.MapGroup("/v0.1/merchants/{merchant_code}/readers/{reader_id}/settings")
            .WithTags("Settings");
        settings.MapGet("", GetSettings).RequireScope(Scopes.ReadersRead, lacking: 401)
            .DescribeRoute<ReaderSettingsView>("GetReaderSettings",
                "Get the settings of a reader: those it has, or the last known ones while it is offline",
                401, 404, 422);
        settings.MapPatch("", UpdateSettings)
            .RequireScope(Scopes.ReadersWrite, lacking: 401, AuditAction.ReaderSettings)
            .TakesBody<UpdateReaderSettingsBody>()
            .DescribeRoute<ReaderSettingsAppliedView>("UpdateReaderSettings",
                "Change the settings of a reader that is online; success means that its device has applied them",
                400, 401, 404, 413, 415, 422);
    }

    private static async Task<Results<JsonAnswer<ReaderSettingsView>, Problem>> GetSettings(
        MerchantScope merchant, string reader_id, SettingsCommands settings, CancellationToken cancel)
    {
        var reply = await settings.GetSettings(merchant, reader_id, cancel);
        if (reply.Refusal is { } refusal) return Problem.Of(refusal);
        return reply.Settings is { OnDevice: { } onDevice } known
            ? Answer.Json(
                new ReaderSettingsView(new(new(onDevice.Enabled, settings.OpenPasscode(known.MerchantCode, onDevice)))),
                ApiJson.Default.ReaderSettingsView)
            : Problem.NotFound;
    }

    private static async Task<Results<JsonAnswer<ReaderSettingsAppliedView>, Problem>> UpdateSettings(
        MerchantScope merchant, string reader_id, HttpRequest request, SettingsCommands settings,
        CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.ReadObject(request, ApiJson.Default.UpdateReaderSettingsBody, cancel);
        if (body is null) return problem ?? Problem.Internal;
        var (menuLock, fields) = (body.MenuLock ?? new(), new FieldCheck());
        fields.CheckMenuLock(menuLock.Enabled is not null, menuLock.Passcode);
        if (fields.Errors.Count > 0) return Problem.Of(Refusal.InvalidFields(fields.Errors));
        var reply = await settings.ApplySettings(merchant, reader_id, menuLock.Enabled, menuLock.Passcode, cancel);
        return reply.Refusal is { } refusal
            ? Problem.Of(refusal)
            : Answer.Json(
                new ReaderSettingsAppliedView(new(Applied, menuLock)), ApiJson.Default.ReaderSettingsAppliedView);
    }
}
