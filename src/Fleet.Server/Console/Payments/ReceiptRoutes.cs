using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Server.Api;
using Fleet.Server.Api.Receipts;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Console.Payments;

/// <summary>The receipt of a payment, for a customer who asks for it.</summary>
internal static class ReceiptRoutes
{
    /// <summary>What a receipt requires of a key, also over REST.</summary>
    private static readonly RequiredScopeAttribute Receipts = new(Scopes.ReceiptsRead);

    /// <param name="routes">The routes of the console.</param>
    /// <param name="path">The address of the receipt as a page.</param>
    public static void Map(ConsoleRoutes routes, string path)
    {
        routes.MapStream(path, page => Send(page, ReceiptFormat.Html));
        routes.MapStream(path + ".pdf", page => Send(page, ReceiptFormat.Pdf));
    }

    private static async Task Send(PageRequest page, ReceiptFormat format)
    {
        var scope = await page.Api.Admit(Receipts);
        if (!Ids.IsUuid(CheckoutRoutes.IdOf(page), out var id)
            || await page.Get<CheckoutQueries>().FindCheckout(scope.Reach, id, page.Aborted) is not
            { IsOpen: false } checkout)
            throw new PageRefusal(StatusCodes.Status404NotFound, "There is no such payment, or it has not ended.");
        await new ReceiptAnswer(checkout, checkout.Refunds, scope.Merchant, format).ExecuteAsync(page.Http);
    }
}
