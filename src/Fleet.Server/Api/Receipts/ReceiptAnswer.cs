using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;
using Microsoft.Net.Http.Headers;

namespace Fleet.Server.Api.Receipts;

/// <summary>A receipt in the form that the caller accepts.</summary>
/// <param name="checkout">The payment, which has ended.</param>
/// <param name="refunds">The refunds that are shown.</param>
/// <param name="merchant">Whose payment it is.</param>
/// <param name="only">The form, whatever the caller accepts; null where the caller decides.</param>
internal sealed class ReceiptAnswer(
    Checkout checkout, IEnumerable<Refund> refunds, Merchant merchant, ReceiptFormat? only = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if ((only ?? ReceiptFormats.Choose(httpContext.Request)) is not { } format)
            return Problem.NotAcceptable.ExecuteAsync(httpContext);
        var response = httpContext.Response;
        response.Headers.Vary = HeaderNames.Accept;
        if (format is ReceiptFormat.Json)
            return Answer.Json(ReceiptView.FromCheckout(checkout, refunds, merchant.Rules.Sandbox),
                ApiJson.Default.ReceiptView).ExecuteAsync(httpContext);
        var receipt = PrintedReceipt.FromCheckout(checkout, refunds, merchant);
        response.Headers.CacheControl = Answer.NotKept;
        response.Headers.XContentTypeOptions = "nosniff";
        if (format is ReceiptFormat.Pdf)
        {
            response.Headers.ContentDisposition = $"inline; filename=\"receipt-{checkout.TransactionCode()}.pdf\"";
            return Write(response, "application/pdf", ReceiptPdf.Write(receipt));
        }
        response.Headers.ContentSecurityPolicy = ReceiptHtml.Policy;
        return Write(response, "text/html; charset=utf-8", ReceiptHtml.Write(receipt));
    }

    private static Task Write(HttpResponse response, string type, byte[] bytes)
    {
        (response.ContentType, response.ContentLength) = (type, bytes.Length);
        return response.Body.WriteAsync(bytes, response.HttpContext.RequestAborted).AsTask();
    }
}
