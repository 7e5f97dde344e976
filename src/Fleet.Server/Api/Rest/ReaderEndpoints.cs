using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>Lists, pairs, reads, changes and deletes the readers of a merchant, and reads their status.</summary>
internal static class ReaderEndpoints
{
    public static void MapReaders(this IEndpointRouteBuilder api)
    {
        var readers = api.MapGroup("/v0.1/merchants/{merchant_code}/readers").WithTags("Readers");
        readers.MapGet("", ListReaders).RequireScope(Scopes.ReadersRead, lacking: 401)
            .DescribeRoute<ReaderListView>("ListReaders", "List readers", 401, 404);
        // Routes that older clients still call; SumUp's readers were called terminals.
        api.MapGet("/v0.1/merchants/{merchant_code}/terminals", ListReaders)
            .RequireScope(Scopes.ReadersRead, lacking: 401).ExcludeFromDescription();
        readers.MapPost("", CreateReader).RequireScope(Scopes.ReadersWrite, action: AuditAction.ReaderPair)
            .TakesBody<CreateReaderBody>()
            .DescribeRoute<ReaderView>("CreateReader", "Pair a reader by the code on its screen",
                201, 400, 401, 403, 404, 409, 413, 415, 429);
        readers.MapGet("{reader_id}", GetReader).RequireScope(Scopes.ReadersRead)
            .DescribeRoute<ReaderView>("GetReader", "Get a reader", 401, 403, 404);
        readers.MapPatch("{reader_id}", UpdateReader)
            .RequireScope(Scopes.ReadersWrite, action: AuditAction.ReaderUpdate).TakesBody<UpdateReaderBody>()
            .DescribeRoute<ReaderView>("UpdateReader", "Rename a reader or replace its metadata",
                400, 401, 403, 404, 413, 415);
        readers.MapDelete("{reader_id}", DeleteReader)
            .RequireScope(Scopes.ReadersWrite, action: AuditAction.ReaderDelete)
            .DescribeRoute("DeleteReader", "Delete a reader; an open checkout is terminated", 401, 403, 404, 422);
        readers.MapGet("{reader_id}/status", GetReaderStatus).RequireScope(Scopes.ReadersRead, lacking: 401)
            .DescribeRoute<ReaderStatusView>("GetReaderStatus", "Get the last known status of a reader", 401, 404);
    }

    private static async Task<Results<JsonAnswer<ReaderListView>, Problem>> ListReaders(
        MerchantScope merchant, ReaderQueries queries, CancellationToken cancel)
    {
        var (readers, refusal) = await queries.ListSnapshots(merchant.Reach, cancel);
        if (refusal is not null) return Problem.Of(refusal);
        var list = new ReaderListView([.. readers.Select(ReaderView.FromSnapshot)]);
        return Answer.Json(list, ApiJson.Default.ReaderListView);
    }

    private static async Task<Results<JsonAnswer<ReaderView>, Problem>> CreateReader(
        MerchantScope merchant, HttpRequest request, StoreDirectory stores, ReaderCommands commands,
        CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.ReadObject(request, ApiJson.Default.CreateReaderBody, cancel);
        if (body is null) return problem ?? Problem.Internal;
        var fields = new FieldCheck();
        var order = body.CheckOrder(merchant, fields);
        var name = await stores.FindNamed(merchant.Reach, body.Metadata, fields, cancel);
        if (fields.Errors.Count > 0 || order is null || stores.FindStore(merchant.Reach, name ?? "") is not { } store)
            return Problem.BadRequest(fields.Errors);
        var (reply, locked) = await commands.PairReader(merchant, store, order);
        if (reply is null) return Problem.TooManyWrongCodes(locked);
        return AnswerReader(reply.Reader, reply.Refusal, StatusCodes.Status201Created);
    }

    private static async Task<Results<JsonAnswer<ReaderView>, Problem>> GetReader(
        MerchantScope merchant, string reader_id, ReaderCommands commands, CancellationToken cancel) =>
        AnswerReader(await commands.FindReader(merchant, reader_id, cancel));

    private static async Task<Results<JsonAnswer<ReaderView>, Problem>> UpdateReader(
        MerchantScope merchant, string reader_id, HttpRequest request, ReaderCommands commands, StoreDirectory stores,
        CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.ReadObject(request, ApiJson.Default.UpdateReaderBody, cancel);
        if (body is null) return problem ?? Problem.Internal;
        var fields = new FieldCheck();
        var name = body.Name is null ? null : fields.CheckName(body.Name);
        var metadata = fields.CheckMetadata(body.Metadata);
        var store = await stores.FindNamed(merchant.Reach, body.Metadata, fields, cancel);
        if (fields.Errors.Count > 0) return Problem.BadRequest(fields.Errors);
        var (reader, refusal) = await commands.UpdateReader(merchant, reader_id, new(name, metadata, store), cancel);
        return AnswerReader(reader, refusal);
    }

    private static async Task<Results<Ok, Problem>> DeleteReader(
        MerchantScope merchant, string reader_id, ReaderCommands commands, CancellationToken cancel) =>
        await commands.RemoveReader(merchant, reader_id, cancel) is { } refusal
            ? Problem.Of(refusal)
            : TypedResults.Ok();

    private static async Task<Results<JsonAnswer<ReaderStatusView>, Problem>> GetReaderStatus(
        MerchantScope merchant, string reader_id, PresenceRefresh presence, TimeProvider time, CancellationToken cancel)
    {
        if (!Ids.IsReader(reader_id)) return Problem.NotFound;
        return await presence.FindStatus(reader_id, merchant.Reach, cancel) is { } status
            ? Answer.Json(ReaderStatusView.FromStatus(status, time.Now()), ApiJson.Default.ReaderStatusView)
            : Problem.NotFound;
    }

    private static Results<JsonAnswer<ReaderView>, Problem> AnswerReader(
        ReaderSnapshot? reader, Refusal? refusal = null, int success = StatusCodes.Status200OK) =>
        reader is null
            ? Problem.Of(refusal ?? Refusal.NotFound)
            : Answer.Json(ReaderView.FromSnapshot(reader), ApiJson.Default.ReaderView, success);
}
